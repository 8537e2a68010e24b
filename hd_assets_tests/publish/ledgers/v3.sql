BEGIN TRANSACTION;
CREATE TABLE decisions (
  key text not null, at real not null, decided_by text not null, why text not null, outcome text not null,
  intercom_id text, primary key (key, at)) without rowid;
INSERT INTO "decisions" VALUES('reply:desk-entry-11:0',1748780002.0,'Ada Field','looked into the inbox','not_sent',NULL);
CREATE TABLE evidence (
  key text not null, at real not null, reason text not null, detail text, primary key (key, at)) without rowid;
INSERT INTO "evidence" VALUES('note:desk-entry-23:0',1748780001.0,'part_twice','{"found": ["31", "32"]}');
CREATE TABLE identities (
  kind text not null, external_id text not null, intercom_id text not null, origin text not null,
  run_no integer, detail text, primary key (kind, external_id)) without rowid;
INSERT INTO "identities" VALUES('admin','_migration','991267001','matched',1,NULL);
INSERT INTO "identities" VALUES('admin','desk-staff-1','991267002','matched',1,NULL);
INSERT INTO "identities" VALUES('admin','desk-staff-2','991267001','fallback',1,NULL);
INSERT INTO "identities" VALUES('article','desk-faq-1','6871001','created',1,NULL);
INSERT INTO "identities" VALUES('article','desk-faq-2','6871002','created',1,NULL);
INSERT INTO "identities" VALUES('collection','Guides','2401','created',1,NULL);
INSERT INTO "identities" VALUES('collection','Guides/Deep','2402','created',1,NULL);
INSERT INTO "identities" VALUES('company','desk-org-1','683c40c0ffd79598e3000002','created',1,NULL);
INSERT INTO "identities" VALUES('company','desk-org-2','683c40c0ffd79598e3000001','created',1,NULL);
INSERT INTO "identities" VALUES('company_attribute','renewal','12000003','created',1,NULL);
INSERT INTO "identities" VALUES('company_attribute','seats','12000002','created',1,NULL);
INSERT INTO "identities" VALUES('contact','desk-user-1','683c40c0e4d61eeaac000002','created',1,NULL);
INSERT INTO "identities" VALUES('contact','desk-user-2','683c40c0e4d61eeaac000001','created',1,NULL);
INSERT INTO "identities" VALUES('contact','desk-user-3','683c40c0e4d61eeaac000003','created',1,NULL);
INSERT INTO "identities" VALUES('contact_attribute','vip','12000001','created',1,NULL);
INSERT INTO "identities" VALUES('conversation','desk-ticket-1','1','created',1,NULL);
INSERT INTO "identities" VALUES('conversation','desk-ticket-2','2','created',1,NULL);
INSERT INTO "identities" VALUES('conversation','desk-ticket-3','3','created',1,NULL);
INSERT INTO "identities" VALUES('conversation','desk-ticket-4','4','created',1,NULL);
INSERT INTO "identities" VALUES('conversation_attribute','due','20004','created',1,NULL);
INSERT INTO "identities" VALUES('conversation_attribute','essay','20005','created',1,NULL);
INSERT INTO "identities" VALUES('conversation_attribute','level','20003','created',1,NULL);
INSERT INTO "identities" VALUES('conversation_attribute','number','20002','created',1,NULL);
INSERT INTO "identities" VALUES('note','desk-entry-23','100013','created',1,NULL);
INSERT INTO "identities" VALUES('note','desk-entry-33','100018','created',1,NULL);
INSERT INTO "identities" VALUES('note','desk-entry-43','100014','created',1,NULL);
INSERT INTO "identities" VALUES('reply','desk-entry-21','100009','created',1,NULL);
INSERT INTO "identities" VALUES('reply','desk-entry-22','100012','created',1,NULL);
INSERT INTO "identities" VALUES('reply','desk-entry-24','100016','created',1,NULL);
INSERT INTO "identities" VALUES('reply','desk-entry-31','100011','created',1,NULL);
INSERT INTO "identities" VALUES('reply','desk-entry-32','100015','created',1,NULL);
INSERT INTO "identities" VALUES('reply','desk-entry-34','100023','created',1,NULL);
INSERT INTO "identities" VALUES('reply','desk-entry-41','100007','created',1,NULL);
INSERT INTO "identities" VALUES('reply','desk-entry-42','100010','created',1,NULL);
INSERT INTO "identities" VALUES('reply','desk-entry-44','100017','created',1,NULL);
INSERT INTO "identities" VALUES('tag','desk-topic-1','17000001','created',1,NULL);
INSERT INTO "identities" VALUES('tag','desk-topic-2','17000002','created',1,NULL);
INSERT INTO "identities" VALUES('team','desk-dept-1','5017001','matched',1,NULL);
INSERT INTO "identities" VALUES('ticket','desk-ticket-3','3','created',1,'1');
INSERT INTO "identities" VALUES('ticket_attribute','desk_source_id','175','created',1,NULL);
INSERT INTO "identities" VALUES('ticket_attribute','due','178','created',1,NULL);
INSERT INTO "identities" VALUES('ticket_attribute','essay','179','created',1,NULL);
INSERT INTO "identities" VALUES('ticket_attribute','level','177','created',1,NULL);
INSERT INTO "identities" VALUES('ticket_attribute','number','176','created',1,NULL);
INSERT INTO "identities" VALUES('ticket_option','level/High','d437cfcd-bb7e-41b6-b7c1-798e8b6e95d1','matched',1,NULL);
INSERT INTO "identities" VALUES('ticket_option','level/Low','d6139676-e8a7-4aa9-8c66-bc622864dc8e','matched',1,NULL);
INSERT INTO "identities" VALUES('ticket_state','in_progress','8002','matched',1,NULL);
INSERT INTO "identities" VALUES('ticket_state','resolved','8004','matched',1,NULL);
INSERT INTO "identities" VALUES('ticket_state','submitted','8001','matched',1,NULL);
INSERT INTO "identities" VALUES('ticket_state','waiting_on_customer','8003','matched',1,NULL);
INSERT INTO "identities" VALUES('ticket_type','_migration','52','created',1,NULL);
CREATE TABLE meta (name text primary key, value text not null) without rowid;
INSERT INTO "meta" VALUES('commits','14');
INSERT INTO "meta" VALUES('digest_key','ae1d0872b8f45063a4fadcc43e83cdac');
INSERT INTO "meta" VALUES('ledger_id','4ecc7c7238d84ef8bdcad433c78dbf0a');
INSERT INTO "meta" VALUES('migration','desk');
INSERT INTO "meta" VALUES('phase_records','8:1748779200.0');
INSERT INTO "meta" VALUES('region','us');
INSERT INTO "meta" VALUES('schema_version','3');
INSERT INTO "meta" VALUES('target','simulator');
INSERT INTO "meta" VALUES('workspace_id','simulator');
CREATE TABLE operations (
  key text primary key,
  kind text not null,
  object text not null,
  external_id text not null,
  conversation text not null default '',
  home_window text,
  position integer not null,
  state text not null,
  source_digest text not null,
  payload_digest text not null,
  seen_digest text not null,
  rules_version integer not null,
  created_at integer,
  origin text,
  remark text,
  intercom_id text,
  attempts integer not null default 0,
  run_no integer,
  intended_at real,
  sent_at real,
  outcome_at real,
  applied_at real,
  status integer,
  error_code text,
  request_id text,
  sent_digest text
, sent_links text) without rowid;
INSERT INTO "operations" VALUES('article:desk-faq-1:0','article','articles','desk-faq-1','',NULL,0,'refused','dc0960b163dae5de75392ee6a2719b0b','afc20eb9f5b068e7a6df077a2c6ce2f8c4f61659d8c93830eb108e21760c1a57','afc20eb9f5b068e7a6df077a2c6ce2f8c4f61659d8c93830eb108e21760c1a57',1,NULL,'created',NULL,'6871001',1,1,1748779200.0,NULL,1748779200.0,NULL,422,'parameter_invalid',NULL,NULL,NULL);
INSERT INTO "operations" VALUES('article:desk-faq-2:0','article','articles','desk-faq-2','',NULL,0,'applied','2472a570e469470cd493ec2dfa1c303a','1c7f73fea8eb952a16d9032eaa5328ab54c6c2958d2e436eb0046836ca56aa81','1c7f73fea8eb952a16d9032eaa5328ab54c6c2958d2e436eb0046836ca56aa81',1,NULL,'created',NULL,'6871002',1,1,1748779200.0,NULL,1748779200.0,1748779200.0,200,NULL,NULL,NULL,NULL);
INSERT INTO "operations" VALUES('assign_admin:desk-ticket-1:0','assign_admin','conversations','desk-ticket-1','desk-ticket-1','2024-01-01',920000001,'planned','5b7600a95ebd23bfd31f590b020bb12b','bf540a8520e2830a063475ec4fa9be1785c8c4143b39ceea9015cd5632a48070','bf540a8520e2830a063475ec4fa9be1785c8c4143b39ceea9015cd5632a48070',1,NULL,NULL,NULL,NULL,0,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "operations" VALUES('assign_admin:desk-ticket-3:0','assign_admin','conversations','desk-ticket-3','desk-ticket-3','2024-01-01',920000001,'applied','b916b651a5ac279d7bf41df064454ac9','36687dce81521a743a079e7176e2714bfed192baa9dee92e0209402b78ef23f2','36687dce81521a743a079e7176e2714bfed192baa9dee92e0209402b78ef23f2',1,NULL,NULL,NULL,NULL,1,1,1748779200.0,NULL,1748779200.0,1748779200.0,200,NULL,NULL,NULL,NULL);
INSERT INTO "operations" VALUES('assign_team:desk-ticket-2:0','assign_team','conversations','desk-ticket-2','desk-ticket-2','2024-01-01',920000000,'applied','c9de723520581bbf11f118f7e4db8a2a','f89bb50846c45f1f6f328539838b0895e38da1198214d2679d874c2808e2836b','f89bb50846c45f1f6f328539838b0895e38da1198214d2679d874c2808e2836b',1,NULL,NULL,NULL,NULL,1,1,1748779200.0,NULL,1748779200.0,1748779200.0,200,NULL,NULL,NULL,NULL);
INSERT INTO "operations" VALUES('assign_team:desk-ticket-3:0','assign_team','conversations','desk-ticket-3','desk-ticket-3','2024-01-01',920000000,'applied','b916b651a5ac279d7bf41df064454ac9','4d0e67b900475b3acba47b0914c93d9b4169a2119aeec28b5a073fc86b7cb30f','4d0e67b900475b3acba47b0914c93d9b4169a2119aeec28b5a073fc86b7cb30f',1,NULL,NULL,NULL,NULL,1,1,1748779200.0,NULL,1748779200.0,1748779200.0,200,NULL,NULL,NULL,NULL);
INSERT INTO "operations" VALUES('collection:Guides/Deep:0','collection','workspace','Guides/Deep','',NULL,16,'applied','4e692e251237b924b06e96114ba2d6bf','641bfe4604db20a8580cd05851b48f42460fdc7499dbda8825fc522a855032a8','641bfe4604db20a8580cd05851b48f42460fdc7499dbda8825fc522a855032a8',1,NULL,'created',NULL,'2402',1,1,1748779200.0,NULL,1748779200.0,1748779200.0,200,NULL,NULL,NULL,NULL);
INSERT INTO "operations" VALUES('collection:Guides:0','collection','workspace','Guides','',NULL,15,'applied','5f4b93724de4a84c66c1953e391a263d','c4d3151b2322d0968d5ea0d9540dfcafcb4c673acd89072c92bc10bbf05d5ab5','c4d3151b2322d0968d5ea0d9540dfcafcb4c673acd89072c92bc10bbf05d5ab5',1,NULL,'created',NULL,'2401',1,1,1748779200.0,NULL,1748779200.0,1748779200.0,200,NULL,NULL,NULL,NULL);
INSERT INTO "operations" VALUES('company:desk-org-1:0','company','companies','desk-org-1','',NULL,0,'applied','b0631cdf691f7c974f10f3c168f2da70','544ed0ab2419686c8311cd41e78217dd056d15c839080b64e0219e22250eb735','544ed0ab2419686c8311cd41e78217dd056d15c839080b64e0219e22250eb735',1,NULL,'created',NULL,'683c40c0ffd79598e3000002',1,1,1748779200.0,NULL,1748779200.0,1748779200.0,200,NULL,NULL,NULL,NULL);
INSERT INTO "operations" VALUES('company:desk-org-2:0','company','companies','desk-org-2','',NULL,0,'applied','b4fc21262b2468caaea308f949aaf75c','d184af732b062907807592149be6ddfb67b17c4cfdc82164e31baa8f4311213d','d184af732b062907807592149be6ddfb67b17c4cfdc82164e31baa8f4311213d',1,NULL,'created',NULL,'683c40c0ffd79598e3000001',1,1,1748779200.0,NULL,1748779200.0,1748779200.0,200,NULL,NULL,NULL,NULL);
INSERT INTO "operations" VALUES('company_attribute:renewal:0','company_attribute','workspace','renewal','',NULL,2,'applied','5554806bcdef5d6d57dfc27e6550a651','11fce00643ea774364ace869b0b13e4e95747e5c4c470ee58d34fccc5340a781','11fce00643ea774364ace869b0b13e4e95747e5c4c470ee58d34fccc5340a781',1,NULL,'created',NULL,'12000003',1,1,1748779200.0,NULL,1748779200.0,1748779200.0,200,NULL,NULL,NULL,NULL);
INSERT INTO "operations" VALUES('company_attribute:seats:0','company_attribute','workspace','seats','',NULL,1,'applied','148c20624ff21fcfa453ef82be505239','4f55329de73e4d8e23c08e6fcd1373515175a3af6adab368e1ad20a3c2804bfe','4f55329de73e4d8e23c08e6fcd1373515175a3af6adab368e1ad20a3c2804bfe',1,NULL,'created',NULL,'12000002',1,1,1748779200.0,NULL,1748779200.0,1748779200.0,200,NULL,NULL,NULL,NULL);
INSERT INTO "operations" VALUES('contact:desk-user-1:0','contact','contacts','desk-user-1','',NULL,0,'applied','972de38c7ff9903142895090ee55dafc','fd7c3bf3ea1030ef261e485e9e9a8526cafbbfba82e245ac1164ae9b934bcd27','fd7c3bf3ea1030ef261e485e9e9a8526cafbbfba82e245ac1164ae9b934bcd27',1,NULL,'created',NULL,'683c40c0e4d61eeaac000002',1,1,1748779200.0,NULL,1748779200.0,1748779200.0,200,NULL,NULL,NULL,NULL);
INSERT INTO "operations" VALUES('contact:desk-user-2:0','contact','contacts','desk-user-2','',NULL,0,'applied','e0b78b42707a93786994574e2606696f','483e9de93c6865e86e9f689ef2717515256031791414875daea1f9771d6aef80','483e9de93c6865e86e9f689ef2717515256031791414875daea1f9771d6aef80',1,NULL,'created',NULL,'683c40c0e4d61eeaac000001',1,1,1748779200.0,NULL,1748779200.0,1748779200.0,200,NULL,NULL,NULL,NULL);
INSERT INTO "operations" VALUES('contact:desk-user-3:0','contact','contacts','desk-user-3','',NULL,0,'applied','606ff1ffcbf6ab0179905b4b7bb24f91','1c3f8e7bf105a778f9804642700f582142c0b26c3220fc90585f148d00c096a0','1c3f8e7bf105a778f9804642700f582142c0b26c3220fc90585f148d00c096a0',1,NULL,'created',NULL,'683c40c0e4d61eeaac000003',2,1,1748779200.0,1748779200.0,1748779200.0,1748779200.0,200,NULL,NULL,NULL,NULL);
INSERT INTO "operations" VALUES('contact_attribute:vip:0','contact_attribute','workspace','vip','',NULL,0,'applied','e0bd924e81095fa37b78c856a6566e6e','b1aaf38b3b0b72c3f0e30ca6db5feac1fc030ce972cebd01faa250fe1bdd52d1','b1aaf38b3b0b72c3f0e30ca6db5feac1fc030ce972cebd01faa250fe1bdd52d1',1,NULL,'created',NULL,'12000001',1,1,1748779200.0,NULL,1748779200.0,1748779200.0,200,NULL,NULL,NULL,NULL);
INSERT INTO "operations" VALUES('contact_company:desk-user-1/desk-org-1:0','contact_company','contact_companies','desk-user-1/desk-org-1','',NULL,1,'applied','972de38c7ff9903142895090ee55dafc','b719314cc83e7992038581c7b27d19d34074c6d4095db4885bcb03de8c07a3c7','b719314cc83e7992038581c7b27d19d34074c6d4095db4885bcb03de8c07a3c7',1,NULL,'created',NULL,'683c40c0ffd79598e3000002',1,1,1748779200.0,NULL,1748779200.0,1748779200.0,200,NULL,NULL,NULL,NULL);
INSERT INTO "operations" VALUES('contact_company:desk-user-1/desk-org-2:0','contact_company','contact_companies','desk-user-1/desk-org-2','',NULL,2,'applied','972de38c7ff9903142895090ee55dafc','0126cff717151d1d30ac0aae36476b7d6e6bd6d8a15089bf33db64836de5a9a5','0126cff717151d1d30ac0aae36476b7d6e6bd6d8a15089bf33db64836de5a9a5',1,NULL,'created',NULL,'683c40c0ffd79598e3000001',1,1,1748779200.0,NULL,1748779200.0,1748779200.0,200,NULL,NULL,NULL,NULL);
INSERT INTO "operations" VALUES('contact_company:desk-user-2/desk-org-1:0','contact_company','contact_companies','desk-user-2/desk-org-1','',NULL,1,'applied','e0b78b42707a93786994574e2606696f','63ccd3964bbf0258bf2e5c634bfa4b8d7001fac6cd09ef415ae220dfe8729306','63ccd3964bbf0258bf2e5c634bfa4b8d7001fac6cd09ef415ae220dfe8729306',1,NULL,'created',NULL,'683c40c0ffd79598e3000002',1,1,1748779200.0,1748779200.0,1748779200.0,1748779200.0,200,NULL,NULL,NULL,NULL);
INSERT INTO "operations" VALUES('conversation:desk-ticket-1:0','conversation','conversations','desk-ticket-1','desk-ticket-1','2024-01-01',0,'applied','5b7600a95ebd23bfd31f590b020bb12b','855fde2ed067fb3c33bc33b182c01c1ccc43e1b3422b428493403ffabde56887','855fde2ed067fb3c33bc33b182c01c1ccc43e1b3422b428493403ffabde56887',1,NULL,'created',NULL,'1',1,1,1748779200.0,NULL,1748779200.0,1748779200.0,200,NULL,NULL,NULL,NULL);
INSERT INTO "operations" VALUES('conversation:desk-ticket-2:0','conversation','conversations','desk-ticket-2','desk-ticket-2','2024-01-01',0,'applied','c9de723520581bbf11f118f7e4db8a2a','1200ca5b5191d528ec8916655ad696cf5cb7f7f35b9feeaadc1832dc1cf2c851','1200ca5b5191d528ec8916655ad696cf5cb7f7f35b9feeaadc1832dc1cf2c851',1,NULL,'created',NULL,'2',1,1,1748779200.0,NULL,1748779200.0,1748779200.0,200,NULL,NULL,NULL,NULL);
INSERT INTO "operations" VALUES('conversation:desk-ticket-3:0','conversation','conversations','desk-ticket-3','desk-ticket-3','2024-01-01',0,'applied','b916b651a5ac279d7bf41df064454ac9','d274d3aef3d094048e3401cc0d6025e5cd1c24a3a010e98fe8649a3c4666a290','d274d3aef3d094048e3401cc0d6025e5cd1c24a3a010e98fe8649a3c4666a290',1,NULL,'created',NULL,'3',1,1,1748779200.0,NULL,1748779200.0,1748779200.0,200,NULL,NULL,NULL,NULL);
INSERT INTO "operations" VALUES('conversation:desk-ticket-4:0','conversation','conversations','desk-ticket-4','desk-ticket-4','2024-01-01',0,'applied','0d165963a7d3f2d9a4cf3781b5b5ff5d','206e6528a871a89929799d7f7285000b267e1dfb8156b66a7c0d78ec61a4175d','206e6528a871a89929799d7f7285000b267e1dfb8156b66a7c0d78ec61a4175d',1,NULL,'created',NULL,'4',1,1,1748779200.0,NULL,1748779200.0,1748779200.0,200,NULL,NULL,NULL,NULL);
INSERT INTO "operations" VALUES('conversation_attribute:due:0','conversation_attribute','workspace','due','',NULL,5,'applied','bc7a9bcdb77b54ca9b0ed6f5f80a3dc1','b04d2639229a2aa7a9f8d6ffbefbd13dc71e9bb8d6d69695c6bac5b2888256e5','b04d2639229a2aa7a9f8d6ffbefbd13dc71e9bb8d6d69695c6bac5b2888256e5',1,NULL,'created',NULL,'20004',1,1,1748779200.0,NULL,1748779200.0,1748779200.0,200,NULL,NULL,NULL,NULL);
INSERT INTO "operations" VALUES('conversation_attribute:essay:0','conversation_attribute','workspace','essay','',NULL,6,'applied','b17a2c2563b09e1c1ba80637edf9e484','d2c4ded83add4a149d949faa60158cb00adc4a798cb928e6fc907e8830500c6c','d2c4ded83add4a149d949faa60158cb00adc4a798cb928e6fc907e8830500c6c',1,NULL,'created',NULL,'20005',1,1,1748779200.0,NULL,1748779200.0,1748779200.0,200,NULL,NULL,NULL,NULL);
INSERT INTO "operations" VALUES('conversation_attribute:level:0','conversation_attribute','workspace','level','',NULL,4,'applied','1ab803c4f33f0cb62dd9324334db7ee4','f4cef8e77c0dbe9b8b3a21051ce727ab6e937f9c5079f76ac5a411ee15dd0242','f4cef8e77c0dbe9b8b3a21051ce727ab6e937f9c5079f76ac5a411ee15dd0242',1,NULL,'created',NULL,'20003',1,1,1748779200.0,NULL,1748779200.0,1748779200.0,200,NULL,NULL,NULL,NULL);
INSERT INTO "operations" VALUES('conversation_attribute:number:0','conversation_attribute','workspace','number','',NULL,3,'applied','c6e7c4cc5426b24415b39163c9e63baa','8afb7a62131438252169fe1a8a7d14746f828d591026b89e76d37662d32bbcb9','8afb7a62131438252169fe1a8a7d14746f828d591026b89e76d37662d32bbcb9',1,NULL,'created',NULL,'20002',1,1,1748779200.0,NULL,1748779200.0,1748779200.0,200,NULL,NULL,NULL,NULL);
INSERT INTO "operations" VALUES('conversation_tag:desk-ticket-1/desk-topic-1:0','conversation_tag','conversations','desk-ticket-1/desk-topic-1','desk-ticket-1','2024-01-01',910000000,'planned','5b7600a95ebd23bfd31f590b020bb12b','6d343ef5342a4cc955ac29d967166da57cdf7b3a3dfadd4bf822907c04d7b2d5','6d343ef5342a4cc955ac29d967166da57cdf7b3a3dfadd4bf822907c04d7b2d5',1,NULL,NULL,NULL,NULL,0,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "operations" VALUES('conversation_tag:desk-ticket-1/desk-topic-2:0','conversation_tag','conversations','desk-ticket-1/desk-topic-2','desk-ticket-1','2024-01-01',910000001,'planned','5b7600a95ebd23bfd31f590b020bb12b','399eb4e87247deae76df2d5a4b34a3d1d7e4e1872bf9b9a4987d05604d74d90d','399eb4e87247deae76df2d5a4b34a3d1d7e4e1872bf9b9a4987d05604d74d90d',1,NULL,NULL,NULL,NULL,0,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "operations" VALUES('convert:desk-ticket-3:0','convert','conversations','desk-ticket-3','desk-ticket-3','2024-01-01',940000000,'applied','b916b651a5ac279d7bf41df064454ac9','050972433a2d430c87adfcf0e18df3b6066092f6335450962a6eeaf735407c40','050972433a2d430c87adfcf0e18df3b6066092f6335450962a6eeaf735407c40',1,NULL,NULL,NULL,'3',1,1,1748779200.0,NULL,1748779200.0,1748779200.0,200,NULL,NULL,NULL,NULL);
INSERT INTO "operations" VALUES('details:desk-ticket-1:0','details','conversations','desk-ticket-1','desk-ticket-1','2024-01-01',900000000,'planned','5b7600a95ebd23bfd31f590b020bb12b','4a2796c0d7ecef481521420189f26e3ab1dfaf7732d075d34706519448996819','4a2796c0d7ecef481521420189f26e3ab1dfaf7732d075d34706519448996819',1,NULL,NULL,NULL,NULL,0,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "operations" VALUES('details:desk-ticket-2:0','details','conversations','desk-ticket-2','desk-ticket-2','2024-01-01',900000000,'applied','c9de723520581bbf11f118f7e4db8a2a','d8e922b4151457d537f143ecb51068fa0b5ef6b868652950dfd958607dfa53e0','d8e922b4151457d537f143ecb51068fa0b5ef6b868652950dfd958607dfa53e0',1,NULL,NULL,NULL,NULL,1,1,1748779200.0,NULL,1748779200.0,1748779200.0,200,NULL,NULL,NULL,NULL);
INSERT INTO "operations" VALUES('details:desk-ticket-3:0','details','conversations','desk-ticket-3','desk-ticket-3','2024-01-01',900000000,'applied','b916b651a5ac279d7bf41df064454ac9','32c4284878946362b6d0d16c3c8d74bc3755a1aafbd7d86efb9a33ac2e37122a','32c4284878946362b6d0d16c3c8d74bc3755a1aafbd7d86efb9a33ac2e37122a',1,NULL,NULL,NULL,NULL,1,1,1748779200.0,NULL,1748779200.0,1748779200.0,200,NULL,NULL,NULL,NULL);
INSERT INTO "operations" VALUES('details:desk-ticket-4:0','details','conversations','desk-ticket-4','desk-ticket-4','2024-01-01',900000000,'applied','0d165963a7d3f2d9a4cf3781b5b5ff5d','8347f6fa6edd2cd6e6164d4d6c3c288c9b5f08d13838439c2aca19ed3be7abd0','8347f6fa6edd2cd6e6164d4d6c3c288c9b5f08d13838439c2aca19ed3be7abd0',1,NULL,NULL,NULL,NULL,1,1,1748779200.0,NULL,1748779200.0,1748779200.0,200,NULL,NULL,NULL,NULL);
INSERT INTO "operations" VALUES('note:desk-entry-13:0','note','parts','desk-entry-13','desk-ticket-1','2024-01-01',1000003,'planned','cc655f604b79530eba35010dfaeb160a','0986cdfeed11152cfcbb2e77a667e8b639f9756ba396e1c128aa67d4762928be','0986cdfeed11152cfcbb2e77a667e8b639f9756ba396e1c128aa67d4762928be',1,1704880980,NULL,NULL,NULL,0,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "operations" VALUES('note:desk-entry-23:0','note','parts','desk-entry-23','desk-ticket-2','2024-01-01',1000003,'quarantined','6265cfe4280edc82df846b4541570951','cb887c23dfe1c564a16fbd0169654e662f13ddeecdc1a6d547fd20a9fe2a1c85','cb887c23dfe1c564a16fbd0169654e662f13ddeecdc1a6d547fd20a9fe2a1c85',1,1704884580,NULL,NULL,'100013',1,1,1748779200.0,NULL,1748779200.0,NULL,200,'part_twice',NULL,NULL,NULL);
INSERT INTO "operations" VALUES('note:desk-entry-33:0','note','parts','desk-entry-33','desk-ticket-3','2024-01-01',1000003,'applied','9dd9a151693f9a08b2b6d600c2a9800c','a2d0d7b955e0d85b7cbd38ebfcbc05c27f3bdb9f369c77911e181786e5331bf0','a2d0d7b955e0d85b7cbd38ebfcbc05c27f3bdb9f369c77911e181786e5331bf0',1,1704888180,NULL,NULL,'100018',1,1,1748779200.0,NULL,1748779200.0,1748779200.0,200,NULL,NULL,NULL,'{"5e884898da28047151d0e56f8dc62927": "http://127.0.0.1:8765/inbox/1"}');
INSERT INTO "operations" VALUES('note:desk-entry-43:0','note','parts','desk-entry-43','desk-ticket-4','2024-01-01',1000003,'applied','511c7db92a1515d2ee2542d4ac10d96c','7c3285664e42d758cdc89c2f9ec60f92b132ebcfb48d87363bb05335fcf99fe4','7c3285664e42d758cdc89c2f9ec60f92b132ebcfb48d87363bb05335fcf99fe4',1,1704891780,NULL,NULL,'100014',1,1,1748779200.0,NULL,1748779200.0,1748779200.0,200,NULL,NULL,NULL,'{"5e884898da28047151d0e56f8dc62927": "http://127.0.0.1:8765/inbox/1"}');
INSERT INTO "operations" VALUES('participant:desk-ticket-1/desk-user-2:0','participant','conversations','desk-ticket-1/desk-user-2','desk-ticket-1','2024-01-01',1,'skipped','5b7600a95ebd23bfd31f590b020bb12b','468f2d60a2667c3abc721eb9629ab1c0e6f98da1952432c8fb2e96acfdbec443','468f2d60a2667c3abc721eb9629ab1c0e6f98da1952432c8fb2e96acfdbec443',1,NULL,NULL,'vanished',NULL,1,1,1748779200.0,NULL,1748779200.0,NULL,200,NULL,NULL,NULL,NULL);
INSERT INTO "operations" VALUES('participant:desk-ticket-1/desk-user-3:0','participant','conversations','desk-ticket-1/desk-user-3','desk-ticket-1','2024-01-01',2,'applied','5b7600a95ebd23bfd31f590b020bb12b','65a1afb4ff14f403cf57797c7662e5591ec5afd1aba459f484908cb2b58d5d92','65a1afb4ff14f403cf57797c7662e5591ec5afd1aba459f484908cb2b58d5d92',1,NULL,NULL,NULL,NULL,1,1,1748779200.0,NULL,1748779200.0,1748779200.0,200,NULL,NULL,NULL,NULL);
INSERT INTO "operations" VALUES('participant:desk-ticket-2/desk-user-2:0','participant','conversations','desk-ticket-2/desk-user-2','desk-ticket-2','2024-01-01',1,'applied','c9de723520581bbf11f118f7e4db8a2a','65b470c45cad37163cd081e358db1228d02876af45877680138f12cb0d31c1d2','65b470c45cad37163cd081e358db1228d02876af45877680138f12cb0d31c1d2',1,NULL,NULL,NULL,NULL,1,1,1748779200.0,NULL,1748779200.0,1748779200.0,200,NULL,NULL,NULL,NULL);
INSERT INTO "operations" VALUES('participant:desk-ticket-2/desk-user-3:0','participant','conversations','desk-ticket-2/desk-user-3','desk-ticket-2','2024-01-01',2,'applied','c9de723520581bbf11f118f7e4db8a2a','fcddeb96e2e0bc77c6a46e0fd74416239f7f9df876744c7e0343accd59e7a6e4','fcddeb96e2e0bc77c6a46e0fd74416239f7f9df876744c7e0343accd59e7a6e4',1,NULL,NULL,NULL,NULL,1,1,1748779200.0,NULL,1748779200.0,1748779200.0,200,NULL,NULL,NULL,NULL);
INSERT INTO "operations" VALUES('participant:desk-ticket-3/desk-user-2:0','participant','conversations','desk-ticket-3/desk-user-2','desk-ticket-3','2024-01-01',1,'applied','b916b651a5ac279d7bf41df064454ac9','4ac2dac9e974e60fb4501c9f0ede31c4467d7cab9097163657452bc2431c275d','4ac2dac9e974e60fb4501c9f0ede31c4467d7cab9097163657452bc2431c275d',1,NULL,NULL,NULL,NULL,1,1,1748779200.0,NULL,1748779200.0,1748779200.0,200,NULL,NULL,NULL,NULL);
INSERT INTO "operations" VALUES('participant:desk-ticket-3/desk-user-3:0','participant','conversations','desk-ticket-3/desk-user-3','desk-ticket-3','2024-01-01',2,'applied','b916b651a5ac279d7bf41df064454ac9','bc2599db634837e9568083b0ae503022941cf8e715fee65bfbb06e820c36cfa8','bc2599db634837e9568083b0ae503022941cf8e715fee65bfbb06e820c36cfa8',1,NULL,NULL,NULL,NULL,1,1,1748779200.0,NULL,1748779200.0,1748779200.0,200,NULL,NULL,NULL,NULL);
INSERT INTO "operations" VALUES('participant:desk-ticket-4/desk-user-2:0','participant','conversations','desk-ticket-4/desk-user-2','desk-ticket-4','2024-01-01',1,'applied','0d165963a7d3f2d9a4cf3781b5b5ff5d','0596dad695f9cdd3b2af1f92df25582e89a5f0ca95e83c75a24285f29bd9eb5c','0596dad695f9cdd3b2af1f92df25582e89a5f0ca95e83c75a24285f29bd9eb5c',1,NULL,NULL,NULL,NULL,1,1,1748779200.0,NULL,1748779200.0,1748779200.0,200,NULL,NULL,NULL,NULL);
INSERT INTO "operations" VALUES('reply:desk-entry-11:0','reply','parts','desk-entry-11','desk-ticket-1','2024-01-01',1000001,'unknown','141ebc5fd655dd82d080adb20ee9f550','4f93550545fa8bf2059a4c8906d2bd79b7580775dbe5f72cd239a2df60b56a95','4f93550545fa8bf2059a4c8906d2bd79b7580775dbe5f72cd239a2df60b56a95',1,1704880860,NULL,NULL,NULL,3,1,1748779200.0,1748779206.0,1748779206.0,NULL,503,'503 service_unavailable','4fd6ca81-79cc-4706-a6b7-b350558b9648','6278ed07c976d3d34a871a2899107ab7',NULL);
INSERT INTO "operations" VALUES('reply:desk-entry-12:0','reply','parts','desk-entry-12','desk-ticket-1','2024-01-01',1000002,'planned','f50f3387b02f0f04591a16993d644203','cf6dc67b24c959f7f52d2604ac59532f389f9d06d5ce9ddaaa4b07a41fb622e5','cf6dc67b24c959f7f52d2604ac59532f389f9d06d5ce9ddaaa4b07a41fb622e5',1,1704880920,NULL,NULL,NULL,0,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "operations" VALUES('reply:desk-entry-14:0','reply','parts','desk-entry-14','desk-ticket-1','2024-01-01',1000004,'planned','4545fdb5e6b86cb10047bfa9024762d8','95743e00346e4e0e71c8deb1ebbfd80feddea8c8eb9be6e994f6b218b44888c4','95743e00346e4e0e71c8deb1ebbfd80feddea8c8eb9be6e994f6b218b44888c4',1,1704881040,NULL,NULL,NULL,0,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "operations" VALUES('reply:desk-entry-21:0','reply','parts','desk-entry-21','desk-ticket-2','2024-01-01',1000001,'conflict','3fe42388d81b03fde76ca69a774e8cd1','287c7c59e13bf65b3448098a3218e39e075c14f4680980f51d967a9105abf083','287c7c59e13bf65b3448098a3218e39e075c14f4680980f51d967a9105abf083',1,1704884460,NULL,'changed','100009',1,1,1748779200.0,NULL,1748779200.0,1748779200.0,200,NULL,NULL,NULL,NULL);
INSERT INTO "operations" VALUES('reply:desk-entry-22:0','reply','parts','desk-entry-22','desk-ticket-2','2024-01-01',1000002,'applied','9570bece5f4e31484b527ba75fdaec97','7e8974c281d06a4aa8580bf05258194d5ddd1ae74f18592072b297fea4c906ed','7e8974c281d06a4aa8580bf05258194d5ddd1ae74f18592072b297fea4c906ed',1,1704884520,NULL,NULL,'100012',1,1,1748779200.0,NULL,1748779200.0,1748779200.0,200,NULL,NULL,NULL,NULL);
INSERT INTO "operations" VALUES('reply:desk-entry-24:0','reply','parts','desk-entry-24','desk-ticket-2','2024-01-01',1000004,'applied','9e662ff837fdb2c615b2ddbb1c1011e2','635b999e812440393c884a2e58a1afcdff194615bc7a87e7c943fd828ab1fc43','635b999e812440393c884a2e58a1afcdff194615bc7a87e7c943fd828ab1fc43',1,1704884640,NULL,NULL,'100016',1,1,1748779200.0,NULL,1748779200.0,1748779200.0,200,NULL,NULL,NULL,NULL);
INSERT INTO "operations" VALUES('reply:desk-entry-31:0','reply','parts','desk-entry-31','desk-ticket-3','2024-01-01',1000001,'applied','2c3a3f8d004be7e6d76f6da5911705a7','422b975da2c92834f27dbfc3d4c67a3f65b6c113e81cfda66a921e7d77cf658c','422b975da2c92834f27dbfc3d4c67a3f65b6c113e81cfda66a921e7d77cf658c',1,1704888060,NULL,NULL,'100011',1,1,1748779200.0,NULL,1748779200.0,1748779200.0,200,NULL,NULL,NULL,NULL);
INSERT INTO "operations" VALUES('reply:desk-entry-32:0','reply','parts','desk-entry-32','desk-ticket-3','2024-01-01',1000002,'applied','d6b247a9cb5f98edf01a93e6f885d942','e1a76726f0f88e37973991e786d4359a4936195b4e8f5a5b93f7627326438902','e1a76726f0f88e37973991e786d4359a4936195b4e8f5a5b93f7627326438902',1,1704888120,NULL,NULL,'100015',1,1,1748779200.0,NULL,1748779200.0,1748779200.0,200,NULL,NULL,NULL,NULL);
INSERT INTO "operations" VALUES('reply:desk-entry-34:0','reply','parts','desk-entry-34','desk-ticket-3','2024-01-01',1000004,'applied','4ff4a9f06bfeb5f7ad90d8e2a8dd5057','2dd85736a21f58480b903b0de84a3c9dcbe167906e1860f66084821a045e2f84','2dd85736a21f58480b903b0de84a3c9dcbe167906e1860f66084821a045e2f84',1,1704888240,NULL,NULL,'100023',1,1,1748779200.0,NULL,1748779200.0,1748779200.0,200,NULL,NULL,NULL,NULL);
INSERT INTO "operations" VALUES('reply:desk-entry-41:0','reply','parts','desk-entry-41','desk-ticket-4','2024-01-01',1000001,'applied','48a2660dd30c796faf0d220c2bcc8f09','6c09a1b35df293e98a64a996d1f0e41a6ad1340012e48ad1534755665b384ccb','6c09a1b35df293e98a64a996d1f0e41a6ad1340012e48ad1534755665b384ccb',1,1704891660,NULL,NULL,'100007',1,1,1748779200.0,NULL,1748779200.0,1748779200.0,200,NULL,NULL,NULL,NULL);
INSERT INTO "operations" VALUES('reply:desk-entry-42:0','reply','parts','desk-entry-42','desk-ticket-4','2024-01-01',1000002,'applied','3af6fdb6c91944c9246d4b9bcddffe39','d13de3a1f31bc2ae46de84a06fc289ed12e36d894b2d2ede015fa566cd606094','d13de3a1f31bc2ae46de84a06fc289ed12e36d894b2d2ede015fa566cd606094',1,1704891720,NULL,NULL,'100010',1,1,1748779200.0,NULL,1748779200.0,1748779200.0,200,NULL,NULL,NULL,NULL);
INSERT INTO "operations" VALUES('reply:desk-entry-44:0','reply','parts','desk-entry-44','desk-ticket-4','2024-01-01',1000004,'intended','f58f8fc5e8719a55a646fdc3ce084a5c','e897dcbadfcb3729fbfe73e4f31339da6fb438efa230886bc32edaf9a6dd7717','e897dcbadfcb3729fbfe73e4f31339da6fb438efa230886bc32edaf9a6dd7717',1,1704891840,NULL,NULL,NULL,1,1,1748779200.0,1748780000.0,NULL,NULL,NULL,NULL,NULL,'b67d7b381bc351cda8c7b3e0cdf635fd',NULL);
INSERT INTO "operations" VALUES('snooze:desk-ticket-4:0','snooze','conversations','desk-ticket-4','desk-ticket-4','2024-01-01',930000000,'applied','0d165963a7d3f2d9a4cf3781b5b5ff5d','ef229dc01eaafd836757dfd93b8e6c36413fecc59be38cb380d7fbd6c92a8528','ef229dc01eaafd836757dfd93b8e6c36413fecc59be38cb380d7fbd6c92a8528',1,NULL,NULL,NULL,NULL,1,1,1748779200.0,NULL,1748779200.0,1748779200.0,200,NULL,NULL,NULL,NULL);
INSERT INTO "operations" VALUES('state:desk-ticket-1:0','state','conversations','desk-ticket-1','desk-ticket-1','2024-01-01',940000000,'planned','5b7600a95ebd23bfd31f590b020bb12b','0233a1eb8bb8c16ced1ace6b024281fbc1fa1e2b1f951160e3cb0271a223b7e2','0233a1eb8bb8c16ced1ace6b024281fbc1fa1e2b1f951160e3cb0271a223b7e2',1,NULL,NULL,NULL,NULL,0,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "operations" VALUES('tag:desk-topic-1:0','tag','workspace','desk-topic-1','',NULL,13,'applied','b1a0b20f2735fec1ccccaf2712dae2a4','98d412525ec4f681b124187d2ab628f029274966e759dcb3bae93f249c47a7b0','98d412525ec4f681b124187d2ab628f029274966e759dcb3bae93f249c47a7b0',1,NULL,'created',NULL,'17000001',1,1,1748779200.0,NULL,1748779200.0,1748779200.0,200,NULL,NULL,NULL,NULL);
INSERT INTO "operations" VALUES('tag:desk-topic-2:0','tag','workspace','desk-topic-2','',NULL,14,'applied','58eaf7a5137d51c6c4c24ad4e2978a24','db2d2a1d92de136400e39b0fdcd99166e056d829e1f70df0b72e3a99a0fc498b','db2d2a1d92de136400e39b0fdcd99166e056d829e1f70df0b72e3a99a0fc498b',1,NULL,'created',NULL,'17000002',1,1,1748779200.0,NULL,1748779200.0,1748779200.0,200,NULL,NULL,NULL,NULL);
INSERT INTO "operations" VALUES('ticket_attribute:desk_source_id:0','ticket_attribute','workspace','desk_source_id','',NULL,8,'applied','6e448d423204e59afec1a279a8602abd','3bec4b0a59d97ed03f8f37966826e3ab492bc258310d07d7ec19158deaf1da12','3bec4b0a59d97ed03f8f37966826e3ab492bc258310d07d7ec19158deaf1da12',1,NULL,'created',NULL,'175',1,1,1748779200.0,NULL,1748779200.0,1748779200.0,200,NULL,NULL,NULL,NULL);
INSERT INTO "operations" VALUES('ticket_attribute:due:0','ticket_attribute','workspace','due','',NULL,11,'applied','ec7fe7d5cf69310941dca2842d177e0a','343d320b89f3c0ffd834a84a124f18523dee49f2fb6aafe22ec31bd305158f91','343d320b89f3c0ffd834a84a124f18523dee49f2fb6aafe22ec31bd305158f91',1,NULL,'created',NULL,'178',1,1,1748779200.0,NULL,1748779200.0,1748779200.0,200,NULL,NULL,NULL,NULL);
INSERT INTO "operations" VALUES('ticket_attribute:essay:0','ticket_attribute','workspace','essay','',NULL,12,'applied','5871bd38fdb08b6f974f54bd4b28b75d','c535b080ed437190c7516945afd854c04bd83922d1fae59e4ccc5ecbafb8dcfb','c535b080ed437190c7516945afd854c04bd83922d1fae59e4ccc5ecbafb8dcfb',1,NULL,'created',NULL,'179',1,1,1748779200.0,NULL,1748779200.0,1748779200.0,200,NULL,NULL,NULL,NULL);
INSERT INTO "operations" VALUES('ticket_attribute:level:0','ticket_attribute','workspace','level','',NULL,10,'applied','c78d685a3006a5af1fb0332a2ae1b728','87db3ad810cee0a78251be6436f787e249bc2ba861a8cb0f9dd9f6fffde2fe98','87db3ad810cee0a78251be6436f787e249bc2ba861a8cb0f9dd9f6fffde2fe98',1,NULL,'created',NULL,'177',1,1,1748779200.0,NULL,1748779200.0,1748779200.0,200,NULL,NULL,NULL,NULL);
INSERT INTO "operations" VALUES('ticket_attribute:number:0','ticket_attribute','workspace','number','',NULL,9,'applied','fb46d27e98d6d5bd8f745f7355b9bc68','05b1dbf19ae361c409d1146e3fa4a5c157a0659e265b4f46165b3ef537e57230','05b1dbf19ae361c409d1146e3fa4a5c157a0659e265b4f46165b3ef537e57230',1,NULL,'created',NULL,'176',1,1,1748779200.0,NULL,1748779200.0,1748779200.0,200,NULL,NULL,NULL,NULL);
INSERT INTO "operations" VALUES('ticket_type:_migration:0','ticket_type','workspace','_migration','',NULL,7,'applied','2dbfac93c699dde9f8540da132c85bd4','73ba9f1219e0ed7be2b774b463453e15191112c4f60f605e686c2444601b5b36','73ba9f1219e0ed7be2b774b463453e15191112c4f60f605e686c2444601b5b36',1,NULL,'created',NULL,'52',1,1,1748779200.0,NULL,1748779200.0,1748779200.0,200,NULL,NULL,NULL,NULL);
CREATE TABLE prior_values (
  kind text not null, intercom_id text not null, taken_at real not null, document text not null,
  primary key (kind, intercom_id)) without rowid;
CREATE TABLE recheck (
  key text primary key, due_at real not null, reason text not null, state text not null, detail text) without rowid;
INSERT INTO "recheck" VALUES('conversation:desk-ticket-1:0',1748779200.0,'resent','removed','17');
INSERT INTO "recheck" VALUES('reply:desk-entry-22:0',1748779300.0,'resent','due',NULL);
INSERT INTO "recheck" VALUES('reply:desk-entry-44:0',1748780300.0,'late','due',NULL);
CREATE TABLE request_counts (
  run_no integer not null, method text not null, route text not null, status text not null, number integer not null,
  primary key (run_no, method, route, status)) without rowid;
INSERT INTO "request_counts" VALUES(1,'GET','/admins','200',1);
INSERT INTO "request_counts" VALUES(1,'GET','/companies','404',2);
INSERT INTO "request_counts" VALUES(1,'GET','/contacts','200',1);
INSERT INTO "request_counts" VALUES(1,'GET','/contacts/{id}','200',1);
INSERT INTO "request_counts" VALUES(1,'GET','/contacts/{id}/companies','200',1);
INSERT INTO "request_counts" VALUES(1,'GET','/conversations/attributes','200',2);
INSERT INTO "request_counts" VALUES(1,'GET','/conversations/{id}','200',9);
INSERT INTO "request_counts" VALUES(1,'GET','/data_attributes','200',2);
INSERT INTO "request_counts" VALUES(1,'GET','/help_center/collections','200',1);
INSERT INTO "request_counts" VALUES(1,'GET','/me','200',1);
INSERT INTO "request_counts" VALUES(1,'GET','/tags','200',1);
INSERT INTO "request_counts" VALUES(1,'GET','/teams','200',1);
INSERT INTO "request_counts" VALUES(1,'GET','/ticket_states','200',1);
INSERT INTO "request_counts" VALUES(1,'GET','/ticket_types','200',1);
INSERT INTO "request_counts" VALUES(1,'POST','/articles','200',2);
INSERT INTO "request_counts" VALUES(1,'POST','/companies','200',2);
INSERT INTO "request_counts" VALUES(1,'POST','/companies/list','200',1);
INSERT INTO "request_counts" VALUES(1,'POST','/contacts','200',2);
INSERT INTO "request_counts" VALUES(1,'POST','/contacts','409',1);
INSERT INTO "request_counts" VALUES(1,'POST','/contacts','lost',1);
INSERT INTO "request_counts" VALUES(1,'POST','/contacts/{id}/companies','200',2);
INSERT INTO "request_counts" VALUES(1,'POST','/contacts/{id}/companies','lost',1);
INSERT INTO "request_counts" VALUES(1,'POST','/conversations','200',4);
INSERT INTO "request_counts" VALUES(1,'POST','/conversations/attributes','200',5);
INSERT INTO "request_counts" VALUES(1,'POST','/conversations/{id}/convert','200',1);
INSERT INTO "request_counts" VALUES(1,'POST','/conversations/{id}/customers','200',7);
INSERT INTO "request_counts" VALUES(1,'POST','/conversations/{id}/parts','200',4);
INSERT INTO "request_counts" VALUES(1,'POST','/conversations/{id}/reply','200',12);
INSERT INTO "request_counts" VALUES(1,'POST','/conversations/{id}/reply','503',3);
INSERT INTO "request_counts" VALUES(1,'POST','/data_attributes','200',3);
INSERT INTO "request_counts" VALUES(1,'POST','/help_center/collections','200',2);
INSERT INTO "request_counts" VALUES(1,'POST','/tags','200',2);
INSERT INTO "request_counts" VALUES(1,'POST','/ticket_types','200',1);
INSERT INTO "request_counts" VALUES(1,'POST','/ticket_types/{id}/attributes','200',5);
INSERT INTO "request_counts" VALUES(1,'PUT','/conversations/{id}','200',3);
CREATE TABLE runs (
  run_no integer primary key, step text not null, started_at real not null, ended_at real, pid integer not null,
  run_id text, tool_version text, rules_version integer, purpose text not null default 'publish');
INSERT INTO "runs" VALUES(1,'',1748779200.0,1748779209.0,14503,NULL,NULL,NULL,'publish');
INSERT INTO "runs" VALUES(2,'',1748780000.0,1748780000.0,379,'3f6c1d0a-5b7e-4a60-9a53-0c2f6b1d8e11','0.1.0',1,'publish');
CREATE TABLE undo (
  key text primary key, run_no integer, target_kind text not null, external_id text not null, intercom_id text,
  action text not null, position integer not null, state text not null, intended_at real, sent_at real,
  outcome_at real, status integer, error_code text, detail text) without rowid;
INSERT INTO "undo" VALUES('undo:conversation:desk-ticket-1',2,'conversation','desk-ticket-1','1','delete',0,'planned',NULL,NULL,NULL,NULL,NULL,NULL);
CREATE INDEX operations_conversation on operations (conversation, position);
CREATE INDEX operations_open on operations (object, state) where state <> 'applied';
CREATE INDEX operations_payload on operations (payload_digest) where kind = 'conversation';
CREATE INDEX operations_sent on operations (sent_digest) where kind = 'conversation';
CREATE INDEX identities_intercom on identities (intercom_id);
COMMIT;
