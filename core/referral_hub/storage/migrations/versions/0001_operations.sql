-- What the administrator needs to keep the hub running: how much waits for which module, and how many referrals a
-- module still serves. Counts and times only; the rows behind them stay out of sight (R5).
CREATE FUNCTION hub_waiting_deliveries()
  RETURNS TABLE (module_key text, waiting bigint, failing bigint, oldest_at timestamptz, failing_since timestamptz,
                 problem text)
  LANGUAGE sql STABLE PARALLEL SAFE
  SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
  AS $$ SELECT delivery.module_key, count(*), count(delivery.failed_since), min(delivery.created_at),
               min(delivery.failed_since), max(delivery.problem)
          FROM delivery
         WHERE delivery.state = 'due' AND hub_role() IN ('admin', 'system')
         GROUP BY delivery.module_key $$;

CREATE FUNCTION hub_open_referrals()
  RETURNS TABLE (module_key text, open bigint)
  LANGUAGE sql STABLE PARALLEL SAFE
  SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
  AS $$ SELECT referral.module_key, count(*)
          FROM referral
         WHERE referral.state = ANY (hub_states('referral_open'))
           AND hub_role() IN ('admin', 'system')
         GROUP BY referral.module_key $$;

-- Where the open referrals of a module stand, by sending office: whom to talk to before it is taken out of use, and which
-- stages an upgrade must keep. Numbers only (R5).
CREATE FUNCTION hub_referrals_at_module(p_module text)
  RETURNS TABLE (office text, service_key text, state text, stage text, open bigint, oldest_at timestamptz)
  LANGUAGE sql STABLE PARALLEL SAFE
  SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
  AS $$ SELECT organisation.short_name, referral.service_key, referral.state, referral.stage, count(*),
               min(referral.sent_at)
          FROM referral JOIN organisation ON organisation.id = referral.office_id
         WHERE referral.state = ANY (hub_states('referral_open'))
           AND referral.module_key = p_module AND hub_role() IN ('admin', 'system')
         GROUP BY organisation.short_name, referral.service_key, referral.state, referral.stage $$;

-- The open referrals of a module one by one, the oldest first, for whoever takes it out of use: their numbers, which say
-- nothing about anyone, whose office, where they stand, since when, and what the sender was asked. No client (R5).
CREATE FUNCTION hub_open_referrals_of(p_module text, p_after text, p_limit integer)
  RETURNS TABLE (number text, office text, service_key text, state text, sent_at timestamptz,
                 waiting_since timestamptz, asked text, asked_at timestamptz)
  LANGUAGE sql STABLE PARALLEL SAFE
  SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
  AS $$ SELECT rf.number, organisation.short_name, rf.service_key, rf.state, rf.sent_at, rf.waiting_since, d.kind,
               d.created_at
          FROM referral rf
          JOIN organisation ON organisation.id = rf.office_id
          LEFT JOIN LATERAL (
               SELECT task.kind, task.created_at FROM task
                WHERE task.referral_id = rf.id AND task.kind IN ('module_gone', 'module_close') AND task.done_at IS NULL
                ORDER BY task.created_at DESC LIMIT 1) d ON true
         WHERE rf.state = ANY (hub_states('referral_open'))
           AND rf.module_key = p_module AND hub_role() = 'admin'
           AND (p_after IS NULL
                OR (rf.sent_at, rf.number) > (SELECT x.sent_at, x.number FROM referral x WHERE x.number = p_after))
         ORDER BY rf.sent_at, rf.number
         LIMIT p_limit $$;

-- How many records no seal covers yet, and since when.
CREATE FUNCTION hub_unsealed_entries()
  RETURNS TABLE (waiting bigint, oldest_at timestamptz)
  LANGUAGE sql STABLE PARALLEL SAFE
  SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
  AS $$ SELECT count(*), min(audit_entry.at)
          FROM audit_entry
         WHERE audit_entry.seq > coalesce((SELECT max(seal.last_seq) FROM seal), 0)
           AND hub_role() IN ('admin', 'auditor', 'system') $$;

-- When the newest record was made: a clock that lies behind it is wrong.
CREATE FUNCTION hub_newest_entry() RETURNS timestamptz
  LANGUAGE sql STABLE PARALLEL SAFE
  SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
  AS $$ SELECT audit_entry.at FROM audit_entry WHERE hub_role() IN ('admin', 'system')
         ORDER BY audit_entry.seq DESC LIMIT 1 $$;

-- The key of a case by its number, for the auditor, to whom the case itself stays closed: who looked at it is recorded.
CREATE FUNCTION hub_case_of_number(p_number text) RETURNS uuid
  LANGUAGE sql STABLE PARALLEL SAFE
  SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
  AS $$ SELECT client_case.id FROM client_case
         WHERE client_case.number = p_number AND hub_role() IN ('auditor', 'system') $$;

-- What stands still: open referrals and cases without exactly one next step, open needs with neither a step nor an open
-- referral, and steps of what has ended. Always empty, because each step is written with what causes it. Counts only (R5).
CREATE FUNCTION hub_standing_still()
  RETURNS TABLE (subject text, standing bigint)
  LANGUAGE sql STABLE PARALLEL SAFE
  SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
  AS $$ SELECT s.subject, count(*) FROM (
          SELECT 'referral' AS subject FROM referral r
           WHERE (SELECT count(*) FROM task t WHERE t.referral_id = r.id AND t.next_step AND t.done_at IS NULL)
                 <> CASE WHEN r.state = ANY (hub_states('referral_open')) THEN 1 ELSE 0 END
          UNION ALL
          SELECT 'need' FROM need n
           WHERE (SELECT count(*) FROM task t WHERE t.need_id = n.id AND t.next_step AND t.done_at IS NULL)
                 NOT BETWEEN CASE WHEN n.state = ANY (hub_states('need_open')) AND NOT EXISTS (
                                       SELECT FROM referral r
                                        WHERE r.need_id = n.id AND r.state = ANY (hub_states('referral_open')))
                                  THEN 1 ELSE 0 END
                     AND CASE WHEN n.state = ANY (hub_states('need_open')) THEN 1 ELSE 0 END
          UNION ALL
          SELECT 'case' FROM client_case c
           WHERE (SELECT count(*) FROM task t
                   WHERE t.case_id = c.id AND t.need_id IS NULL AND t.next_step AND t.done_at IS NULL)
                 <> CASE WHEN c.status <> 'closed' THEN 1 ELSE 0 END) s
         WHERE hub_role() = 'system'
         GROUP BY s.subject $$;
