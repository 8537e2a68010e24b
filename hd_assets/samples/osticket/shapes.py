"""Column names, types, defaults and keys of an osTicket 1.18 database, in a short notation.

One `name type [=default]` per column, `+` numbers itself, `?` may be NULL. `hd_assets.samples.osticket.schema`
turns it into CREATE TABLE statements. Tables a migration never looks at (locks, searches) are left out.
"""

from __future__ import annotations

SHAPES: dict[str, str] = {
    "_search": """
        object_type v8; object_id uint; title text?; content text?;
        keys primary=object_type,object_id
    """,
    "api_key": """
        id uint+; isactive tiny(1) =1; ipaddr v64; apikey v255; can_create_tickets utiny(1) =1; can_exec_cron utiny(1)
        =1; notes text?; updated datetime; created datetime;
        keys primary=id; unique=apikey; index=ipaddr
    """,
    "attachment": """
        id uint+; object_id uint; type char(1); file_id uint; name v255?; inline utiny(1) =0; lang v16?;
        keys primary=id; unique=object_id,file_id,type; unique=file_id,object_id
    """,
    "canned_response": """
        canned_id uint+; dept_id uint =0; isenabled utiny(1) =1; title v255 =''; response text; lang v16 ='en_US'; notes
        text?; created datetime; updated datetime;
        keys primary=canned_id; unique=title; index=dept_id; index=isenabled
    """,
    "config": """
        id uint+; namespace v64; key v64; value text; updated timestamp =current_timestamp();
        keys primary=id; unique=namespace,key
    """,
    "content": """
        id uint+; isactive utiny(1) =0; type v32 ='other'; name v255; body text; notes text?; created datetime; updated
        datetime;
        keys primary=id; unique=name
    """,
    "department": """
        id uint+; pid uint?; tpl_id uint =0; sla_id uint =0; schedule_id uint =0; email_id uint =0; autoresp_email_id
        uint =0; manager_id uint =0; flags uint =0; name v128 =''; signature text; ispublic utiny(1) =1;
        group_membership tiny(1) =0; ticket_auto_response tiny(1) =1; message_auto_response tiny(1) =0; path v128 ='/';
        updated datetime; created datetime;
        keys primary=id; unique=name,pid; index=manager_id; index=autoresp_email_id; index=tpl_id; index=flags
    """,
    "draft": """
        id uint+; staff_id uint; namespace v32 =''; body text; extra text?; created timestamp =current_timestamp();
        updated timestamp?;
        keys primary=id; index=staff_id; index=namespace
    """,
    "email": """
        email_id uint+; noautoresp utiny(1) =0; priority_id uint =2; dept_id uint =0; topic_id uint =0; email v255 ='';
        name v255 =''; notes text?; created datetime; updated datetime;
        keys primary=email_id; unique=email; index=priority_id; index=dept_id
    """,
    "email_account": """
        id uint+; email_id uint; type enum('mailbox','smtp') ='mailbox'; auth_bk v128; auth_id v16?; active utiny(1) =0;
        host v128 =''; port int; folder v255?; protocol enum('IMAP','POP','SMTP','OTHER') ='OTHER'; encryption
        enum('NONE','AUTO','SSL') ='AUTO'; fetchfreq utiny(3) =5; fetchmax utiny(4)? =30; postfetch
        enum('archive','delete','nothing') ='nothing'; archivefolder v255?; allow_spoofing utiny(1)? =0; num_errors uint
        =0; last_error_msg tinytext?; last_error datetime?; last_activity datetime?; created datetime; updated datetime
        ='0000-00-00 00:00:00';
        keys primary=id; index=email_id; index=type
    """,
    "email_template": """
        id uint+; tpl_id uint; code_name v32; subject v255 =''; body text; notes text?; created datetime; updated
        datetime;
        keys primary=id; unique=tpl_id,code_name
    """,
    "email_template_group": """
        tpl_id int+; isactive utiny(1) =0; name v32 =''; lang v16 ='en_US'; notes text?; created datetime; updated
        timestamp;
        keys primary=tpl_id
    """,
    "event": """
        id uint+; name v60; description v60?;
        keys primary=id; unique=name
    """,
    "faq": """
        faq_id uint+; category_id uint =0; ispublished utiny(1) =0; question v255; answer text; keywords tinytext?;
        notes text?; created datetime; updated datetime;
        keys primary=faq_id; unique=question; index=category_id; index=ispublished
    """,
    "faq_category": """
        category_id uint+; category_pid uint?; ispublic utiny(1) =0; name v125?; description text; notes tinytext;
        created datetime; updated datetime;
        keys primary=category_id; index=ispublic
    """,
    "faq_topic": """
        faq_id uint; topic_id uint;
        keys primary=faq_id,topic_id
    """,
    "file": """
        id int+; ft char(1) ='T'; bk char(1) ='D'; type ascii(255) =''; size ubig =0; key ascii(86); signature
        asciibin(86); name v255 =''; attrs v255?; created datetime;
        keys primary=id; index=ft; index=key; index=signature; index=type; index=created; index=size
    """,
    "file_chunk": """
        file_id int; chunk_id int; filedata longblob;
        keys primary=file_id,chunk_id
    """,
    "filter": """
        id uint+; execorder uint =99; isactive utiny(1) =1; flags uint? =0; status uint =0; match_all_rules utiny(1) =0;
        stop_onmatch utiny(1) =0; target enum('Any','Web','Email','API') ='Any'; email_id uint =0; name v32 =''; notes
        text?; created datetime; updated datetime;
        keys primary=id; index=target; index=email_id
    """,
    "filter_action": """
        id uint+; filter_id uint; sort uint =0; type v24; configuration text?; updated datetime;
        keys primary=id; index=filter_id
    """,
    "filter_rule": """
        id uint+; filter_id uint =0; what v32; how
        enum('equal','not_equal','contains','dn_contain','starts','ends','match','not_match'); val v255; isactive
        utiny(1) =1; notes tinytext; created datetime; updated datetime;
        keys primary=id; unique=filter_id,what,how,val; index=filter_id
    """,
    "form": """
        id uint+; pid uint?; type v8 ='G'; flags uint =1; title v255; instructions v512?; name v64 =''; notes text?;
        created datetime; updated datetime;
        keys primary=id; index=type
    """,
    "form_entry": """
        id uint+; form_id uint; object_id uint?; object_type char(1) ='T'; sort uint =1; extra text?; created datetime;
        updated datetime;
        keys primary=id; index=object_type,object_id
    """,
    "form_entry_values": """
        entry_id uint; field_id uint; value text?; value_id int?;
        keys primary=entry_id,field_id
    """,
    "form_field": """
        id uint+; form_id uint; flags uint? =1; type v255 ='text'; label v255; name v64; configuration text?; sort uint;
        hint v512?; created datetime; updated datetime;
        keys primary=id; index=form_id; index=sort
    """,
    "help_topic": """
        topic_id uint+; topic_pid uint =0; ispublic utiny(1) =1; noautoresp utiny(3) =0; flags uint? =0; status_id uint
        =0; priority_id uint =0; dept_id uint =0; staff_id uint =0; team_id uint =0; sla_id uint =0; page_id uint =0;
        sequence_id uint =0; sort uint =0; topic v128 =''; number_format v32?; notes text?; created datetime; updated
        datetime;
        keys primary=topic_id; unique=topic,topic_pid; index=topic_pid; index=priority_id; index=dept_id;
        index=staff_id,team_id; index=sla_id; index=page_id
    """,
    "help_topic_form": """
        id uint+; topic_id uint =0; form_id uint =0; sort uint =1; extra text?;
        keys primary=id; index=topic_id,form_id
    """,
    "list": """
        id uint+; name v255; name_plural v255?; sort_mode enum('Alpha','-Alpha','SortCol') ='Alpha'; masks uint =0; type
        v16?; configuration text =''; notes text?; created datetime; updated datetime;
        keys primary=id; index=type
    """,
    "list_items": """
        id uint+; list_id int?; status uint =1; value v255; extra v255?; sort int =1; properties text?;
        keys primary=id; index=list_id
    """,
    "note": """
        id uint+; pid uint?; staff_id uint =0; ext_id v10?; body text?; status uint =0; sort uint =0; created timestamp
        ='0000-00-00 00:00:00'; updated timestamp ='0000-00-00 00:00:00';
        keys primary=id; index=ext_id
    """,
    "organization": """
        id uint+; name v128 =''; manager v16 =''; status uint =0; domain v256 =''; extra text?; created timestamp?;
        updated timestamp?;
        keys primary=id
    """,
    "plugin": """
        id uint+; name v255; install_path v60; isphar tiny(1) =0; isactive tiny(1) =0; version v64?; notes text?;
        installed datetime;
        keys primary=id; unique=install_path
    """,
    "plugin_instance": """
        id uint+; plugin_id uint; flags int =0; name v255 =''; notes text?; created datetime; updated datetime?;
        keys primary=id; index=plugin_id
    """,
    "queue": """
        id uint+; parent_id uint =0; columns_id uint?; sort_id uint?; flags uint =0; staff_id uint =0; sort uint =0;
        title v60?; config text?; filter v64?; root v32?; path v80 ='/'; created datetime; updated datetime;
        keys primary=id; index=staff_id; index=parent_id
    """,
    "role": """
        id uint+; flags uint =1; name v64?; permissions text?; notes text?; created datetime; updated datetime;
        keys primary=id; unique=name
    """,
    "schedule": """
        id uint+; flags uint =0; name v255; timezone v64?; description v255; created datetime; updated datetime;
        keys primary=id
    """,
    "schedule_entry": """
        id uint+; schedule_id uint =0; flags uint =0; sort utiny(3) =0; name v255; repeats v16 ='never'; starts_on
        date?; starts_at time?; ends_on date?; ends_at time?; stops_on datetime?; day tiny(4)?; week tiny(4)?; month
        tiny(4)?; created datetime; updated datetime;
        keys primary=id; index=schedule_id; index=repeats
    """,
    "sequence": """
        id uint+; name v64?; flags uint?; next ubig =1; increment int? =1; padding char(1)? ='0'; updated datetime;
        keys primary=id
    """,
    "session": """
        session_id ascii(255) =''; session_data blob?; session_expire datetime?; session_updated datetime?; user_id v16
        ='0'; user_ip v64; user_agent v255;
        keys primary=session_id; index=session_updated; index=user_id
    """,
    "sla": """
        id uint+; schedule_id uint =0; flags uint =3; grace_period uint =0; name v64 =''; notes text?; created datetime;
        updated datetime;
        keys primary=id; unique=name
    """,
    "staff": """
        staff_id uint+; dept_id uint =0; role_id uint =0; username v32 =''; firstname v32?; lastname v32?; passwd v128?;
        backend v32?; email v255?; phone v24 =''; phone_ext v6?; mobile v24 =''; signature text; lang v16?; timezone
        v64?; locale v16?; notes text?; isactive tiny(1) =1; isadmin tiny(1) =0; isvisible utiny(1) =1; onvacation
        utiny(1) =0; assigned_only utiny(1) =0; show_assigned_tickets utiny(1) =0; change_passwd utiny(1) =0;
        max_page_size uint =0; auto_refresh_rate uint =0; default_signature_type enum('none','mine','dept') ='none';
        default_paper_size enum('Letter','Legal','Ledger','A4','A3') ='Letter'; extra text?; permissions text?; created
        datetime; lastlogin datetime?; passwdreset datetime?; updated datetime;
        keys primary=staff_id; unique=username; index=dept_id; index=isadmin; index=isactive; index=onvacation
    """,
    "staff_dept_access": """
        staff_id uint =0; dept_id uint =0; role_id uint =0; flags uint =1;
        keys primary=staff_id,dept_id; index=dept_id
    """,
    "syslog": """
        log_id uint+; log_type enum('Debug','Warning','Error'); title v255; log text; logger v64; ip_address v64;
        created datetime; updated datetime;
        keys primary=log_id; index=log_type
    """,
    "task": """
        id uint+; object_id int =0; object_type char(1); number v20?; dept_id uint =0; staff_id uint =0; team_id uint
        =0; lock_id uint =0; flags uint =0; duedate datetime?; closed datetime?; created datetime; updated datetime;
        keys primary=id; index=dept_id; index=staff_id; index=team_id; index=created; index=object_id,object_type;
        index=flags
    """,
    "task__cdata": """
        task_id uint; title mediumtext?;
        keys primary=task_id
    """,
    "team": """
        team_id uint+; lead_id uint =0; flags uint =1; name v125 =''; notes text?; created datetime; updated datetime;
        keys primary=team_id; unique=name; index=lead_id
    """,
    "team_member": """
        team_id uint =0; staff_id uint; flags uint =0;
        keys primary=team_id,staff_id; index=staff_id
    """,
    "thread": """
        id uint+; object_id uint; object_type char(1); extra text?; lastresponse datetime?; lastmessage datetime?;
        created datetime;
        keys primary=id; index=object_id; index=object_type
    """,
    "thread_collaborator": """
        id uint+; flags uint =1; thread_id uint =0; user_id uint =0; role char(1) ='M'; created datetime; updated
        datetime;
        keys primary=id; unique=thread_id,user_id; index=user_id
    """,
    "thread_entry": """
        id uint+; pid uint =0; thread_id uint =0; staff_id uint =0; user_id uint =0; type char(1) =''; flags uint =0;
        poster v128 =''; editor uint?; editor_type char(1)?; source v32 =''; title v255?; body text; format v16 ='html';
        ip_address v64 =''; extra text?; recipients text?; created datetime; updated datetime;
        keys primary=id; index=pid; index=thread_id; index=staff_id; index=type
    """,
    "thread_entry_email": """
        id uint+; thread_entry_id uint; email_id uint?; mid v255; headers text?;
        keys primary=id; index=thread_entry_id; index=mid; index=email_id
    """,
    "thread_entry_merge": """
        id uint+; thread_entry_id uint; data text?;
        keys primary=id; index=thread_entry_id
    """,
    "thread_event": """
        id uint+; thread_id uint =0; thread_type char(1) =''; event_id uint?; staff_id uint; team_id uint; dept_id uint;
        topic_id uint; data v1024?; username v128 ='SYSTEM'; uid uint?; uid_type char(1) ='S'; annulled utiny(1) =0;
        timestamp datetime;
        keys primary=id; index=thread_id,event_id,timestamp; index=timestamp,event_id
    """,
    "thread_referral": """
        id uint+; thread_id uint; object_id uint; object_type char(1); created datetime;
        keys primary=id; unique=object_id,object_type,thread_id; index=thread_id
    """,
    "ticket": """
        ticket_id uint+; ticket_pid uint?; number v20?; user_id uint =0; user_email_id uint =0; status_id uint =0;
        dept_id uint =0; sla_id uint =0; topic_id uint =0; staff_id uint =0; team_id uint =0; email_id uint =0; lock_id
        uint =0; flags uint =0; sort uint =0; ip_address v64 =''; source enum('Web','Email','Phone','API','Other')
        ='Other'; source_extra v40?; isoverdue utiny(1) =0; isanswered utiny(1) =0; duedate datetime?; est_duedate
        datetime?; reopened datetime?; closed datetime?; lastupdate datetime?; created datetime; updated datetime;
        keys primary=ticket_id; index=user_id; index=dept_id; index=staff_id; index=team_id; index=status_id;
        index=created; index=closed; index=duedate; index=topic_id; index=sla_id; index=ticket_pid
    """,
    "ticket_priority": """
        priority_id tiny(4)+; priority v60 =''; priority_desc v30 =''; priority_color v7 =''; priority_urgency utiny(1)
        =0; ispublic tiny(1) =1;
        keys primary=priority_id; unique=priority; index=priority_urgency; index=ispublic
    """,
    "ticket_status": """
        id int+; name v60 =''; state v16?; mode uint =0; flags uint =0; sort uint =0; properties text; created datetime;
        updated datetime;
        keys primary=id; unique=name; index=state
    """,
    "translation": """
        id uint+; object_hash asciichar(16)?; type enum('phrase','article','override')?; flags uint =0; revision uint?;
        agent_id uint =0; lang v16 =''; text mediumtext; source_text text?; updated timestamp?;
        keys primary=id; index=type,lang; index=object_hash
    """,
    "user": """
        id uint+; org_id uint; default_email_id int; status uint =0; name v128; created datetime; updated datetime;
        keys primary=id; index=org_id; index=default_email_id; index=name
    """,
    "user_account": """
        id uint+; user_id uint; status uint =0; timezone v64?; lang v16?; username v64?; passwd asciibin(128)?; backend
        v32?; extra text?; registered timestamp? =current_timestamp();
        keys primary=id; unique=username; index=user_id
    """,
    "user_email": """
        id uint+; user_id uint; flags uint =0; address v255;
        keys primary=id; unique=address; index=user_id
    """,
}
