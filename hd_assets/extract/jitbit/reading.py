"""Everything that is no ticket: people, set-up, knowledge base, assets; and the inventory of what came."""

from __future__ import annotations

import json

from hd_assets.errors import SourceError, UnreachableError
from hd_assets.extract.jitbit.answers import COLUMNS, Fields, json_text, listed, plain_row
from hd_assets.extract.jitbit.asking import Asking
from hd_assets.extract.jitbit.attached import Files
from hd_assets.extract.jitbit.calls import Call
from hd_assets.extract.jitbit.client import LoginError, MissingError
from hd_assets.extract.jitbit.tickets import keep_values

PRODUCT = "Jitbit Helpdesk"
# the oldest limit known of any list: asked for more, a server that gives fewer would begin the next page too late
_USERS_AT_ONCE = 100
_OF_RULE = {"ruleid", "id", "name", "enabled", "isenabled"}


class Reading:
    """One extraction's rows of small things, all read anew each time."""

    def __init__(self, asking: Asking, files: Files, rule_ids: int) -> None:
        self._asking, self._files, self._rule_ids = asking, files, rule_ids
        self._category_ids: set[str] = set()

    def everything(self) -> None:
        self.categories()
        self.custom_fields()
        self.people()
        self._asking.keep("tag", self._asking.optional_list(Call("Tags")))
        self._asking.keep("comment_template", self._asking.optional_list(Call("CommentTemplates")))
        self.rules()
        self.articles()
        self.assets()

    def people(self) -> None:
        """Users of both lists, since nobody documents whether `all` holds disabled ones. Needs an administrator."""
        asking = self._asking
        for mode in ("all", "disabled"):
            page, before = 1, -1
            while asking.spool.count("user") != before or page == 1:
                before = asking.spool.count("user")
                asked = {"count": str(_USERS_AT_ONCE), "page": str(page), "listMode": mode}
                found = listed(asking.client.get(Call("Users", asked)), "Users")
                asking.keep("user", found)
                if not found:
                    break
                page += 1
        companies = listed(asking.client.get(Call("Companies")), "Companies")
        asking.keep("company", companies)
        for (id,) in asking.spool.values("user", "user_id"):
            self._values("user", Call("UserCustomFields", {"userId": str(id)}), str(id))
        for one in companies:
            id = one.id("CompanyID", "Id")
            self._values("company", Call("CompanyCustomFields", {"id": id}), id)
        departments = {id: name for id, name in asking.spool.values("user", "department_id", "department_name") if id}
        rows = [plain_row("department", department_id=id, name=name) for id, name in departments.items()]
        asking.keep_rows("department", rows)

    def _values(self, of: str, call: Call, id: str) -> None:
        keep_values(self._asking, of, id, self._asking.optional_list(call))

    def categories(self) -> None:
        """Categories, the sections they name, and the technicians of each."""
        asking = self._asking
        found = listed(asking.client.get(Call("categories")), "categories")
        asking.keep("category", found)
        for one in found:
            id, section = one.id("CategoryID", "Id"), one.get("SectionID")
            self._category_ids.add(id)
            if section is not None:
                name = asking.shaper.text(one.get("Section", "SectionName"))
                asking.keep_rows("section", [plain_row("section", section_id=str(section), name=name)])
            for person in asking.optional_list(Call("TechsForCategory", {"id": id})):
                row = plain_row("category_technician", category_id=id, user_id=person.id("UserID", "Id"))
                asking.keep_rows("category_technician", [row])

    def custom_fields(self) -> None:
        """Fields of every category, and of the list of all where a version has one."""
        asking = self._asking
        self._defined(asking.optional_list(Call("CustomFields")))
        for category in sorted(self._category_ids, key=int):
            found = asking.optional_list(Call("CustomFieldsForCategory", {"categoryId": category}))
            self._defined(found)
            links = [
                plain_row("custom_field_category", field_id=one.id("FieldID", "CustomFieldID"), category_id=category)
                for one in found
            ]
            asking.keep_rows("custom_field_category", links)

    def _defined(self, found: list[Fields]) -> None:
        self._asking.keep("custom_field", found)
        for one in found:
            field = one.id("FieldID", "CustomFieldID")
            self._asking.keep("custom_field_option", one.many("SelectionComboOptions", "Options"), field_id=field)

    def rules(self) -> None:
        """One by one: the API has no list of them, and gives a rule only to who knows its id."""
        asking, found = self._asking, 0
        for number in range(1, self._rule_ids + 1):
            try:
                one = Fields(asking.client.get(Call("Rule", path_id=number)), "Rule")
            except MissingError:
                continue
            except LoginError:
                raise
            except (SourceError, UnreachableError) as fault:
                asking.into.warn(f"automation rules cannot be asked for: {fault.what}")
                return
            found += 1
            rest = {key: value for key, value in one.plain().items() if key.lower() not in _OF_RULE}
            id = one.id("RuleID", "Id")
            asking.keep_rows(
                "automation_rule", [asking.shaper.row("automation_rule", one, rule_id=id, definition=json_text(rest))]
            )
        if self._rule_ids:
            asking.into.warn(
                f"automation rules with ids 1 to {self._rule_ids} were asked for, {found} exist; raise the source"
                " option rule_ids if the address of a rule in the administration shows a larger one"
            )

    def articles(self) -> None:
        """Every category is asked again, because the overview was seen to leave articles out."""
        asking = self._asking
        overview = asking.optional(Call("Articles"))
        if overview is None:
            return
        told = Fields(overview, "Articles")
        categories = told.many("Categories")
        asking.keep("article_category", categories)
        found = {one.id("ArticleId", "Id"): one for one in told.many("Articles")}
        shown = (one.id("CategoryID", "Id") for one in categories)
        for category in dict.fromkeys((*shown, *sorted(self._category_ids))):
            answer = asking.optional(Call("Articles", {"categoryId": category}))
            for one in Fields(answer, "Articles").many("Articles") if answer is not None else ():
                found.setdefault(one.id("ArticleId", "Id"), one)
        for id, one in found.items():
            detail = asking.client.found(Call("Article", {"id": id}))
            if detail is not None:
                self._article(id, Fields(detail, "Article").over(one))

    def _article(self, id: str, article: Fields) -> None:
        held = article.get("Tags")
        names = [Fields(tag, "Article").get("Name") if isinstance(tag, dict) else tag for tag in held or ()]
        self._asking.keep("article", [article], article_id=id, tags=json.dumps(names, ensure_ascii=False))
        self._files.of_article(id, article)

    def assets(self) -> None:
        asking = self._asking
        page = 1
        seen: set[str] = set()
        while found := asking.optional_list(Call("Assets", {"page": str(page)})):
            fresh = {id: one for one in found if (id := one.id("ItemID", "Id")) not in seen}
            if not fresh:
                break
            seen |= fresh.keys()
            for id, one in fresh.items():
                detail = asking.optional(Call("Asset", {"id": id}))
                self._asset(id, one if detail is None else Fields(detail, "Asset").over(one))
            page += 1

    def _asset(self, id: str, asset: Fields) -> None:
        asking = self._asking
        asking.keep("asset", [asset], item_id=id)
        asking.keep("asset_field_value", asset.many("Fields"), item_id=id)
        for entity, column, found, names in (
            ("asset_user", "user_id", asset.many("AssignedUsers"), ("UserID", "Id")),
            ("asset_ticket", "ticket_id", asset.many("Tickets"), ("IssueID", "TicketID", "Id")),
        ):
            rows = [plain_row(entity, item_id=id, **{column: one.id(*names)}) for one in found]
            asking.keep_rows(entity, rows)

    def inventory(self) -> None:
        """Columns that came with a value, and keys no column takes: the mapping has to say something of each."""
        asking = self._asking
        known = {key for key in asking.into.known("source_column") if key[0] in COLUMNS}
        for entity in sorted({*asking.entities, *(table for table, _ in known)}):
            count = len({*asking.into.known(entity), *asking.spool.keys(entity)})
            columns = asking.words(entity) | {column for table, column in known if table == entity}
            if count and columns:
                asking.spool.put("source_column", [(entity, column, None, str(count)) for column in sorted(columns)])

    def facts(self, account: Fields) -> None:
        asking = self._asking
        facts = {
            "product": PRODUCT,
            "address": asking.client.place,
            "version": "unknown",
            "account_is_admin": asking.shaper.text(account.get("IsAdmin")),
        }
        asking.spool.put("source_fact", list(facts.items()))
