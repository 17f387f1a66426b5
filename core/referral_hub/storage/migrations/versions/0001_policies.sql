-- Row-level security, from the first migration. Every table that holds a client's data shows a row only to the
-- owning office, the care team, or the recipient of a disclosure. With no scope set, every policy is false.
-- The application role owns nothing and cannot bypass. Settings are read through sub-selects so that the planner
-- evaluates each once per statement, not once per row.

CREATE FUNCTION hub_org() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE
  AS $$ SELECT nullif(current_setting('hub.organisation', true), '')::uuid $$;
CREATE FUNCTION hub_account() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE
  AS $$ SELECT nullif(current_setting('hub.account', true), '')::uuid $$;
CREATE FUNCTION hub_role() RETURNS text LANGUAGE sql STABLE PARALLEL SAFE
  AS $$ SELECT nullif(current_setting('hub.role', true), '') $$;
CREATE FUNCTION hub_statutory() RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE
  AS $$ SELECT coalesce(current_setting('hub.statutory', true), '') = '1' $$;
-- The office whose staff is acting; null for everyone else, so that a comparison with it is never true.
CREATE FUNCTION hub_office() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE
  AS $$ SELECT CASE WHEN hub_role() IN ('worker', 'supervisor') THEN hub_org() END $$;
-- The provider whose staff is acting; null for everyone else.
CREATE FUNCTION hub_recipient() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE
  AS $$ SELECT CASE WHEN hub_role() = 'partner' THEN hub_org() END $$;
-- The hub's own day, and for how many days a recipient may still read what it was given after a service.
CREATE FUNCTION hub_today() RETURNS date LANGUAGE sql STABLE PARALLEL SAFE
  AS $$ SELECT coalesce(nullif(current_setting('hub.today', true), '')::date, current_date) $$;
CREATE FUNCTION hub_access_days() RETURNS integer LANGUAGE sql STABLE PARALLEL SAFE
  AS $$ SELECT coalesce(nullif(current_setting('hub.access_days', true), '')::integer, 0) $$;
-- Cases of other offices that the acting account helps with. Runs as the owner, so that the policies of the tables
-- it reads do not call themselves.
CREATE FUNCTION hub_team_cases() RETURNS SETOF uuid LANGUAGE sql STABLE PARALLEL SAFE
  SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
  AS $$ SELECT case_id FROM care_team_member
         WHERE account_id = hub_account() AND hub_role() IN ('worker', 'supervisor')
           AND (until IS NULL OR until >= current_date) $$;
CREATE FUNCTION hub_team_persons() RETURNS SETOF uuid LANGUAGE sql STABLE PARALLEL SAFE
  SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
  AS $$ SELECT person_id FROM client_case WHERE id IN (SELECT hub_team_cases()) $$;

ALTER TABLE person ENABLE ROW LEVEL SECURITY;
CREATE POLICY person_scope ON person
  USING (office_id = (SELECT hub_office()) OR id IN (SELECT hub_team_persons()));

ALTER TABLE client_case ENABLE ROW LEVEL SECURITY;
CREATE POLICY client_case_scope ON client_case
  USING (office_id = (SELECT hub_office()) OR id IN (SELECT hub_team_cases()));

-- A member is written by the case's own office; a helper from outside sees only that they are one.
ALTER TABLE care_team_member ENABLE ROW LEVEL SECURITY;
CREATE POLICY care_team_member_scope ON care_team_member
  USING (case_id IN (SELECT id FROM client_case));

ALTER TABLE measure ENABLE ROW LEVEL SECURITY;
CREATE POLICY measure_scope ON measure
  USING (office_id = (SELECT hub_office()) AND (SELECT hub_statutory()));

ALTER TABLE need ENABLE ROW LEVEL SECURITY;
CREATE POLICY need_scope ON need
  USING (office_id = (SELECT hub_office()) OR (SELECT hub_role()) = 'system'
         OR case_id IN (SELECT hub_team_cases()));
ALTER TABLE plan_item ENABLE ROW LEVEL SECURITY;
CREATE POLICY plan_item_scope ON plan_item
  USING (office_id = (SELECT hub_office()) OR case_id IN (SELECT hub_team_cases()));
ALTER TABLE case_note ENABLE ROW LEVEL SECURITY;
CREATE POLICY case_note_scope ON case_note
  USING (office_id = (SELECT hub_office()) OR case_id IN (SELECT hub_team_cases()));
ALTER TABLE notice ENABLE ROW LEVEL SECURITY;
CREATE POLICY notice_scope ON notice
  USING (office_id = (SELECT hub_office()) OR case_id IN (SELECT hub_team_cases()));
ALTER TABLE consent ENABLE ROW LEVEL SECURITY;
CREATE POLICY consent_scope ON consent
  USING (office_id = (SELECT hub_office()) OR (SELECT hub_role()) = 'system'
         OR case_id IN (SELECT hub_team_cases()));

-- Contracts whose term a day lies in: what "in force" means, for every question.
CREATE FUNCTION hub_contracts_in_force(p_on date) RETURNS SETOF contract
  LANGUAGE sql STABLE PARALLEL SAFE
  AS $$ SELECT * FROM contract WHERE p_on BETWEEN starts_on AND ends_on $$;

-- Contracts that ended and whose entrusted provider has not said that the data are deleted or returned (PIPL 21). While a
-- later contract of the same two runs, and once it has ended in its turn, that one is asked about.
CREATE FUNCTION hub_contracts_owing_receipt(p_on date) RETURNS SETOF contract
  LANGUAGE sql STABLE PARALLEL SAFE
  AS $$
    SELECT c.* FROM contract c JOIN organisation g ON g.id = c.provider_id
     WHERE c.ends_on < p_on AND c.receipt_on IS NULL AND g.processor_role = 'entrusted'
       AND NOT EXISTS (SELECT FROM contract later
                        WHERE later.provider_id = c.provider_id AND later.purchaser_id = c.purchaser_id
                          AND later.starts_on <= p_on AND (later.ends_on, later.id) > (c.ends_on, c.id))
  $$;

-- Why a recipient may read no more what it was given under a referral; null while it may. Asked whenever a recipient
-- reads, so that nothing waits for a job: `workflow.erasure.lost_ground` is the same rule, and a test compares them.
-- Runs as the owner: a recipient sees neither the consent nor the contract.
CREATE FUNCTION hub_lost_ground(p_referral uuid) RETURNS text LANGUAGE plpgsql STABLE PARALLEL SAFE
  SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
  AS $$
    DECLARE
      v_referral referral;
      v_barred text;
    BEGIN
      SELECT * INTO v_referral FROM referral r
       WHERE r.id = p_referral
         AND (r.recipient_id = hub_recipient() OR r.office_id = hub_office() OR hub_role() = 'system'
              OR r.case_id IN (SELECT hub_team_cases()));
      v_barred := hub_barred(v_referral.recipient_id);
      IF v_barred IS NOT NULL THEN
        RETURN v_barred;
      END IF;
      IF v_referral.state <> ALL (hub_states('referral_accepted')) AND hub_kept_until(p_referral) < hub_today() THEN
        RETURN 'retention_ended';
      END IF;
      IF v_referral.state <> ALL (hub_states('referral_ended')) THEN
        RETURN NULL;
      END IF;
      IF hub_superseded(p_referral) THEN
        RETURN 'superseded';
      END IF;
      IF (v_referral.ended_at AT TIME ZONE 'Asia/Shanghai')::date + hub_access_days() < hub_today() THEN
        RETURN 'service_over';
      END IF;
      RETURN NULL;
    END
  $$;
-- Why an organisation may read nothing at all: it is suspended, or entrusted (R1) and no contract is in force.
CREATE FUNCTION hub_barred(p_organisation uuid) RETURNS text LANGUAGE sql STABLE PARALLEL SAFE
  AS $$
    SELECT CASE WHEN g.status = 'suspended' THEN 'organisation_suspended'
                WHEN g.processor_role = 'entrusted'
                     AND NOT EXISTS (SELECT FROM hub_contracts_in_force(hub_today()) c WHERE c.provider_id = g.id)
                THEN 'contract_ended' END
      FROM organisation g WHERE g.id = p_organisation
  $$;
-- The day that the notice named. A consent given again while the referral was open moves it; one given later does not.
CREATE FUNCTION hub_kept_until(p_referral uuid) RETURNS date LANGUAGE sql STABLE PARALLEL SAFE
  AS $$
    SELECT given.valid_until
      FROM referral r JOIN consent c ON c.id = r.consent_id
      JOIN consent given ON given.person_id = c.person_id AND given.recipient_id = c.recipient_id
                        AND given.purpose = c.purpose
     WHERE r.id = p_referral AND given.state <> 'refused' AND (r.ended_at IS NULL OR given.answered_at <= r.ended_at)
     ORDER BY given.version DESC
     LIMIT 1
  $$;
-- Whether the recipient was given something newer about the same client for the same service.
CREATE FUNCTION hub_superseded(p_referral uuid) RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE
  AS $$
    SELECT EXISTS (SELECT FROM referral r JOIN referral later
                            ON later.case_id = r.case_id AND later.recipient_id = r.recipient_id
                           AND later.service_key = r.service_key AND later.id <> r.id AND later.sent_at > r.sent_at
                    WHERE r.id = p_referral)
  $$;

-- A recipient sees a referral from the moment it is sent. What was disclosed it sees while there is a ground for it.
ALTER TABLE referral ENABLE ROW LEVEL SECURITY;
CREATE POLICY referral_scope ON referral
  USING (office_id = (SELECT hub_office()) OR (SELECT hub_role()) = 'system'
         OR (recipient_id = (SELECT hub_recipient()) AND state <> 'draft')
         OR case_id IN (SELECT hub_team_cases()));
ALTER TABLE disclosure ENABLE ROW LEVEL SECURITY;
CREATE POLICY disclosure_scope ON disclosure
  USING (office_id = (SELECT hub_office()) OR (SELECT hub_role()) = 'system'
         OR (recipient_id = (SELECT hub_recipient()) AND access_ended_at IS NULL
             AND hub_lost_ground(referral_id) IS NULL)
         OR case_id IN (SELECT hub_team_cases()));
ALTER TABLE request_details ENABLE ROW LEVEL SECURITY;
CREATE POLICY request_details_scope ON request_details
  USING (office_id = (SELECT hub_office()) OR case_id IN (SELECT hub_team_cases()));
ALTER TABLE reservation ENABLE ROW LEVEL SECURITY;
CREATE POLICY reservation_scope ON reservation
  USING (office_id = (SELECT hub_office()) OR recipient_id = (SELECT hub_recipient())
         OR (SELECT hub_role()) = 'system');
ALTER TABLE form_entry ENABLE ROW LEVEL SECURITY;
CREATE POLICY form_entry_scope ON form_entry
  USING (recipient_id = (SELECT hub_recipient()) OR (SELECT hub_role()) = 'system');
ALTER TABLE delivery ENABLE ROW LEVEL SECURITY;
CREATE POLICY delivery_scope ON delivery
  USING ((SELECT hub_role()) = 'system' OR referral_id IN (SELECT id FROM referral));
ALTER TABLE module_document ENABLE ROW LEVEL SECURITY;
CREATE POLICY module_document_scope ON module_document
  USING ((SELECT hub_role()) = 'system');
ALTER TABLE module_update ENABLE ROW LEVEL SECURITY;
CREATE POLICY module_update_scope ON module_update
  USING ((SELECT hub_role()) = 'system');
ALTER TABLE task ENABLE ROW LEVEL SECURITY;
CREATE POLICY task_scope ON task
  USING (office_id = (SELECT hub_office()) OR organisation_id = (SELECT hub_org())
         OR (SELECT hub_role()) = 'system');

ALTER TABLE service_event ENABLE ROW LEVEL SECURITY;
CREATE POLICY service_event_scope ON service_event
  USING (office_id = (SELECT hub_office()) OR recipient_id = (SELECT hub_recipient())
         OR (SELECT hub_role()) = 'system' OR case_id IN (SELECT hub_team_cases()));
ALTER TABLE outcome ENABLE ROW LEVEL SECURITY;
CREATE POLICY outcome_scope ON outcome
  USING (office_id = (SELECT hub_office()) OR recipient_id = (SELECT hub_recipient())
         OR (SELECT hub_role()) = 'system' OR case_id IN (SELECT hub_team_cases()));
ALTER TABLE follow_up ENABLE ROW LEVEL SECURITY;
CREATE POLICY follow_up_scope ON follow_up
  USING (office_id = (SELECT hub_office()) OR recipient_id = (SELECT hub_recipient())
         OR (SELECT hub_role()) = 'system' OR case_id IN (SELECT hub_team_cases()));

-- The named ledger stays inside the organisation that made the decision (R38); the sending office sees what its own
-- client received.
ALTER TABLE assistance_entry ENABLE ROW LEVEL SECURITY;
CREATE POLICY assistance_entry_scope ON assistance_entry
  USING (office_id = (SELECT hub_office())
         OR (organisation_id = (SELECT hub_org()) AND (SELECT hub_role()) IN ('partner', 'civil'))
         OR (SELECT hub_role()) = 'system');

ALTER TABLE idempotency_key ENABLE ROW LEVEL SECURITY;
CREATE POLICY idempotency_key_scope ON idempotency_key
  USING (account_id = (SELECT hub_account()));

-- The record is written by whoever acts and read by the office, the recipient (its own referrals), the auditor.
ALTER TABLE audit_entry ENABLE ROW LEVEL SECURITY;
CREATE POLICY audit_entry_write ON audit_entry FOR INSERT WITH CHECK ((SELECT hub_role()) IS NOT NULL);
CREATE POLICY audit_entry_read ON audit_entry FOR SELECT
  USING (office_id = (SELECT hub_office()) OR recipient_id = (SELECT hub_recipient())
         OR (SELECT hub_role()) IN ('auditor', 'system')
         OR case_id IN (SELECT hub_team_cases()) OR case_ids && ARRAY(SELECT hub_team_cases()));

-- What the application role may do at all: append-only tables take no UPDATE and no DELETE from it; nothing else takes
-- a DELETE but what ends by being forgotten.
GRANT USAGE ON SCHEMA public TO referral_hub_app;
GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA public TO referral_hub_app;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO referral_hub_app;
REVOKE UPDATE ON audit_entry, seal, assistance_entry, service_event, module_event, module_manifest, module_check,
  module_approval, notice, idempotency_key FROM referral_hub_app;
REVOKE INSERT, UPDATE ON alembic_version FROM referral_hub_app;
REVOKE UPDATE ON key_probe FROM referral_hub_app;
GRANT DELETE ON web_session, module_document, module_fault, calendar_day, reservation, contract_offering TO referral_hub_app;
