-- The fewest statements that do the job of one send: the same checks, the same rows written, in one transaction, as the
-- application role and within its scope. `i` counts this client's drafts; `bench_draft` numbers them.
\set i :i + 1
\set n :client_id * :chunk + :i
BEGIN;
SELECT set_config('hub.account', :worker_id, true), set_config('hub.organisation', :office_id, true),
       set_config('hub.role', 'worker', true), set_config('hub.statutory', '', true);
SELECT r.id AS draft_id, r.need_id, r.case_id, r.recipient_id, c.id AS consent_id, c.version AS consent_version
  FROM bench_draft b JOIN referral r ON r.id = b.draft_id
  JOIN need d ON d.id = r.need_id JOIN offering o ON o.id = r.offering_id
  JOIN organisation p ON p.id = r.recipient_id JOIN organisation f ON f.id = r.office_id
  JOIN account a ON a.id = r.sender_id JOIN module m ON m.key = r.module_key
  JOIN consent c ON c.case_id = r.case_id AND c.recipient_id = r.recipient_id AND c.purpose = r.service_key
                AND c.state = 'given' AND (now() AT TIME ZONE 'Asia/Shanghai')::date BETWEEN c.valid_from AND c.valid_until
  JOIN client_case k ON k.id = r.case_id JOIN person s ON s.id = k.person_id
  JOIN request_details l ON l.referral_id = r.id
 WHERE b.n = :n AND r.state = 'draft' AND d.state IN ('open', 'being_met') AND o.status = 'open'
   AND p.status = 'active' AND m.state IN ('enabled', 'degraded')
   AND NOT EXISTS (SELECT FROM referral t WHERE t.need_id = r.need_id AND t.offering_id = r.offering_id
                      AND t.state IN ('sent', 'received', 'waitlisted', 'accepted', 'in_service', 'on_hold'))
   FOR NO KEY UPDATE OF r, c \gset
UPDATE referral SET state = 'sent', version = version + 1, sent_at = now(), answer_due_at = now() + interval '3 days',
       consent_id = :consent_id, manifest_digest = 'bench', module_ref = 'bench-' || :draft_id
 WHERE id = :draft_id;
INSERT INTO audit_entry (at, action, account_id, organisation_id, role, via, subject, subject_id, case_id, office_id,
       referral_id, recipient_id, details)
VALUES (now(), 'referral.send', :worker_id, :office_id, 'worker', 'api', 'referral', :draft_id, :case_id,
       :office_id, :draft_id, :recipient_id,
       '{"before": "draft", "after": "sent", "fields": ["display_name", "phone", "need_summary"], "consent": "K"}');
INSERT INTO disclosure (id, created_at, referral_id, case_id, office_id, recipient_id, content, fields, categories,
       consent_id, consent_version, manifest_digest, basis, released_at, released_by)
VALUES (gen_random_uuid(), now(), :draft_id, :case_id, :office_id, :recipient_id,
       decode(repeat('5a', 600), 'hex'), '{display_name,phone,need_summary}', '{basic,contact,need}', :consent_id,
       :consent_version, 'bench', 'consent', now(), :worker_id);
INSERT INTO delivery (id, created_at, referral_id, module_key, kind, state, attempts, due_at)
VALUES (gen_random_uuid(), now(), :draft_id, 'living', 'receive', 'due', 0, now());
UPDATE need SET state = 'being_met' WHERE id = :need_id;
COMMIT;
