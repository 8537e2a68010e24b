"""How rows look in the answers of Jitbit's web API: keys in Pascal case, as public clients of it declare them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

Row = Mapping[str, Any]
Answer = dict[str, Any]


def _shape(pairs: str) -> tuple[tuple[str, str], ...]:
    """`Key=column` words, in order."""
    return tuple((key, column) for key, column in (pair.split("=") for pair in pairs.split()))


_TICKET = (
    "IssueID=ticket_id TicketID=ticket_id Subject=subject Priority=priority StatusID=status_id Status=status_name "
    "IssueDate=issue_date StartDate=start_date ResolvedDate=resolved_date DueDate=due_date LastUpdated=last_updated "
    "CategoryID=category_id UserID=user_id AssignedToUserID=assigned_to_user_id Origin=origin "
    "UpdatedByUser=updated_by_user UpdatedByPerformer=updated_by_performer UpdatedForTechView=updated_for_tech_view "
)
SHAPES = {
    "summary": _shape(
        _TICKET + "Category=category_name SectionID=section_id UserName=user_name FirstName=first_name "
        "LastName=last_name Email=email CompanyID=company_id CompanyName=company_name Technician=technician "
        "LastUpdatedByUserID=last_updated_by_user_id HasChildren=has_children"
    ),
    "detail": _shape(
        _TICKET + "Body=body CategoryName=category_name StatusStopTimeSpent=status_stops_time "
        "TimeSpentInSeconds=time_spent_seconds Url=url OnBehalfUserName=on_behalf_user_name IsInKb=is_in_kb"
    ),
    "submitter": _shape(
        "UserID=user_id Username=user_name FirstName=first_name LastName=last_name Email=email CompanyId=company_id "
        "CompanyName=company_name"
    ),
    "comment": _shape(
        "CommentID=comment_id IssueID=ticket_id UserID=user_id UserName=user_name FirstName=first_name "
        "LastName=last_name Email=email CommentDate=comment_date Body=body IsSystem=is_system "
        "ForTechsOnly=for_techs_only Recipients=recipients"
    ),
    "attachment": _shape(
        "FileName=file_name FileID=file_id FileSize=file_size FileHash=file_hash CommentID=comment_id "
        "CommentDate=comment_date IssueID=ticket_id AssetID=asset_id UserID=user_id ForTechsOnly=for_techs_only "
        "CommentIsSystem=comment_is_system HiddenFromKB=hidden_from_kb HiddenFromTickets=hidden_from_tickets "
        "IsDuplicate=is_duplicate GoogleDriveUrl=google_drive_url DropboxUrl=dropbox_url Url=url"
    ),
    "user": _shape(
        "UserID=user_id Username=username Email=email FirstName=first_name LastName=last_name Phone=phone "
        "Location=location Notes=notes CompanyId=company_id CompanyName=company_name DepartmentID=department_id "
        "DepartmentName=department_name IsAdmin=is_admin IsTech=is_tech IsManager=is_manager Disabled=disabled "
        "SendEmail=send_email Lang=lang LastSeen=last_seen Signature=signature Greeting=greeting AvatarURL=avatar_url"
    ),
    "company": _shape("CompanyID=company_id Name=name EmailDomain=email_domain Notes=notes"),
    "category": _shape(
        "CategoryID=category_id Name=name SectionID=section_id Section=section_name NameWithSection=name_with_section "
        "ForTechsOnly=for_techs_only FromAddress=from_address"
    ),
    "tag": _shape("TagID=tag_id Name=name TagCount=tag_count"),
    "ticket_tag": _shape("TagID=tag_id Name=name"),
    "field": _shape(
        "FieldID=field_id FieldName=name Type=type UsageType=usage_type Mandatory=mandatory "
        "ForTechsOnly=for_techs_only OrderByNumber=order_by_number ShowInGrid=show_in_grid "
        "ParentOptionID=parent_option_id"
    ),
    "option": _shape("OptionID=option_id Text=text OrderByNumber=order_by_number"),
    "value": _shape("FieldID=field_id FieldName=field_name Type=type Value=value OptionID=option_id"),
    "template": _shape("TemplateID=template_id Name=name Body=body CategoryID=category_id Category=category_name"),
    "article_category": _shape(
        "CategoryID=category_id Name=name ParentID=parent_id ForTechsOnly=for_techs_only OrderByNumber=order_by_number"
    ),
    "article": _shape(
        "ArticleId=article_id Subject=subject ForTechsOnly=for_techs_only CategoryID=category_id "
        "CategoryName=category_name UrlId=url_id Url=url DateCreated=date_created LastUpdated=last_updated"
    ),
    "article_attachment": _shape("FileName=file_name Url=url FileID=file_id FileSize=file_size"),
    "asset": _shape(
        "ItemID=item_id ModelName=model_name Manufacturer=manufacturer Supplier=supplier Type=type "
        "SerialNumber=serial_number Location=location Comments=comments Quantity=quantity TicketCount=ticket_count "
        "CompanyID=company_id Company=company_name Disabled=disabled"
    ),
    "time_entry": _shape(
        "LogEntryID=entry_id IssueID=ticket_id UserID=user_id TimeSpentInSeconds=seconds Note=note Date=created"
    ),
    "subscriber": _shape("UserID=user_id Email=email"),
}
_NUMBERS_AS_TEXT = frozenset({"type", "usage_type"})


def told(row: Row, shape: str) -> Answer:
    return {key: _number(column, row.get(column)) for key, column in SHAPES[shape]}


def _number(column: str, value: Any) -> Any:
    return int(value) if column in _NUMBERS_AS_TEXT and isinstance(value, str) and value.isdigit() else value


def respelled(answer: Any, spelling: str, date: Callable[[datetime], str]) -> Any:
    """The same answer in another spelling of its keys, moments written by `date`.

    Spellings: `Pascal` as declared, `camel`, `Id` (`CompanyId` where others write `CompanyID`).
    """
    if isinstance(answer, dict):
        return {_key(key, spelling): respelled(value, spelling, date) for key, value in answer.items()}
    if isinstance(answer, list):
        return [respelled(value, spelling, date) for value in answer]
    return date(answer) if isinstance(answer, datetime) else answer


def _key(key: str, spelling: str) -> str:
    if spelling == "camel":
        return key[:1].lower() + key[1:].replace("ID", "Id")
    return key.replace("ID", "Id") if spelling == "Id" else key
