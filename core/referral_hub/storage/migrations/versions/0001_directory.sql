-- Places, counted and held across offices. An office may not see who of another office is in a bed, but it must see
-- that the bed is not free. These functions run as the owner and say numbers and dates, never who.

-- Each usable place of some offerings on a day: free, held or taken, and from when it is free again.
-- A seat of a class (a place in a group with a first day) can be entered until the class begins, and is used for the
-- whole class. Any other place is used day by day; someone who stays past the end that was planned still has it.
CREATE FUNCTION hub_place_use(p_offerings uuid[], p_on date, p_at timestamptz)
  RETURNS TABLE (offering_id uuid, place_number bigint, label text, group_label text, sex text, starts_on date,
                 ends_on date, state text, free_on date)
  LANGUAGE sql STABLE PARALLEL SAFE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
  AS $$
    SELECT pl.offering_id, pl.number, pl.label, pl.group_label, pl.sex, pl.starts_on, pl.ends_on,
           coalesce(r.state, 'free'), CASE WHEN r.state IS NOT NULL THEN greatest(upper(r.during), p_on + 1) END
      FROM (SELECT *, CASE WHEN group_label <> '' AND starts_on IS NOT NULL
                           THEN daterange(starts_on, ends_on, '[]') ELSE daterange(p_on, p_on, '[]') END AS used
              FROM place
             WHERE offering_id = ANY (p_offerings) AND NOT out_of_service AND hub_role() IS NOT NULL
               AND CASE WHEN group_label <> '' AND starts_on IS NOT NULL THEN starts_on >= p_on
                        ELSE coalesce(starts_on <= p_on, true) AND coalesce(ends_on >= p_on, true) END) pl
      LEFT JOIN LATERAL (
           SELECT re.state, re.during
             FROM reservation re
            WHERE re.place_number = pl.number
              AND (re.state = 'taken' OR (re.state = 'held' AND re.hold_until > p_at))
              AND (re.during && pl.used OR (re.state = 'taken' AND upper(re.during) <= p_on))
            ORDER BY upper(re.during) DESC
            LIMIT 1) r ON true
  $$;

-- One row per offering: places that this sex could have, how many are free, held, waited for, and the next free day;
-- then, whatever the sex, how many are registered at all, usable, and open to all. Not registered is not none.
CREATE FUNCTION hub_offering_use(p_offerings uuid[], p_on date, p_at timestamptz, p_sex text)
  RETURNS TABLE (offering_id uuid, total integer, free integer, held integer, next_on date, waiting integer,
                 registered integer, usable integer, open_to_all integer)
  LANGUAGE sql STABLE PARALLEL SAFE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
  AS $$
    SELECT o.id, coalesce(u.total, 0), coalesce(u.free, 0), coalesce(u.held, 0),
           CASE WHEN u.free > 0 THEN u.first_on ELSE u.freed_on END, w.waiting,
           r.registered, coalesce(u.usable, 0), coalesce(u.open_to_all, 0)
      FROM unnest(p_offerings) AS o(id)
      LEFT JOIN (
           SELECT pu.offering_id, count(*)::int AS usable,
                  (count(*) FILTER (WHERE pu.sex IS NULL))::int AS open_to_all,
                  (count(*) FILTER (WHERE fits))::int AS total,
                  (count(*) FILTER (WHERE fits AND pu.state = 'free'))::int AS free,
                  (count(*) FILTER (WHERE fits AND pu.state = 'held'))::int AS held,
                  min(greatest(pu.starts_on, p_on)) FILTER (WHERE fits AND pu.state = 'free') AS first_on,
                  min(pu.free_on) FILTER (WHERE fits AND pu.state <> 'free'
                                            AND NOT (pu.group_label <> '' AND pu.starts_on IS NOT NULL)) AS freed_on
             FROM hub_place_use(p_offerings, p_on, p_at) pu
            CROSS JOIN LATERAL (SELECT pu.sex IS NULL OR p_sex IS NULL OR pu.sex = p_sex AS fits) f
            GROUP BY pu.offering_id) u ON u.offering_id = o.id
     CROSS JOIN LATERAL (
           SELECT count(*)::int AS registered FROM place pl WHERE pl.offering_id = o.id) r
     CROSS JOIN LATERAL (
           SELECT count(*)::int AS waiting FROM referral rf
            WHERE rf.offering_id = o.id AND rf.state = 'waitlisted') w
     WHERE hub_role() IS NOT NULL
  $$;

-- Holds whose time is over, of one offering or of all; each is told in the record. Says how many.
CREATE FUNCTION hub_lapse_holds(p_at timestamptz, p_offering uuid) RETURNS integer
  LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
  AS $$
    WITH due AS (
      SELECT re.id FROM reservation re JOIN place pl ON pl.number = re.place_number
       WHERE re.state = 'held' AND re.hold_until <= p_at AND (p_offering IS NULL OR pl.offering_id = p_offering)
         AND hub_role() IS NOT NULL
       ORDER BY re.hold_until LIMIT 1000
       FOR NO KEY UPDATE OF re SKIP LOCKED),
    lapsed AS (
      UPDATE reservation re SET state = 'lapsed', ended_at = p_at FROM due WHERE re.id = due.id
      RETURNING re.id, re.place_number, re.referral_id, re.office_id, re.recipient_id),
    noted AS (
      INSERT INTO audit_entry (at, action, role, via, subject, subject_id, office_id, recipient_id, referral_id, details)
      SELECT p_at, 'place.lapse', 'system', 'job', 'place', la.id, la.office_id, la.recipient_id, la.referral_id,
             jsonb_build_object('place', la.place_number)
        FROM lapsed la
      RETURNING 1)
    SELECT count(*)::int FROM noted
  $$;

-- Who waits for an offering, to be put in order by the rules: by whom nobody is told but the hub itself and the two
-- sides of a referral. `served`: it needs none of the free places now, because one is held for it or its need has one
-- elsewhere, or could use none, because its recipient may not read it.
CREATE FUNCTION hub_waiting(p_offering uuid, p_at timestamptz)
  RETURNS TABLE (referral_id uuid, since timestamptz, urgent boolean, sex text, served boolean)
  LANGUAGE sql STABLE PARALLEL SAFE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
  AS $$
    SELECT CASE WHEN hub_role() = 'system' OR rf.office_id = hub_office() OR rf.recipient_id = hub_recipient()
                     OR rf.case_id IN (SELECT hub_team_cases()) THEN rf.id END,
           coalesce(rf.queued_at, rf.sent_at, rf.created_at), rf.urgency = 'urgent' AND rf.offers_missed = 0,
           CASE WHEN pe.sex IN ('1', '2') THEN pe.sex END,
           NOT EXISTS (SELECT FROM disclosure d WHERE d.referral_id = rf.id AND d.access_ended_at IS NULL)
           OR EXISTS (SELECT FROM reservation re
                       WHERE re.need_id = rf.need_id
                         AND (re.state = 'taken' OR (re.state = 'held' AND re.hold_until > p_at)))
      FROM referral rf
      JOIN client_case cc ON cc.id = rf.case_id
      JOIN person pe ON pe.id = cc.person_id
     WHERE rf.offering_id = p_offering AND rf.state = 'waitlisted' AND hub_role() IS NOT NULL
  $$;

-- Places of an offering that nobody has in a time to come: a seat of a class that begins by then, or any other place.
CREATE FUNCTION hub_free_places(p_offering uuid, p_during daterange, p_at timestamptz)
  RETURNS TABLE (number bigint, sex text, group_label text, starts_on date)
  LANGUAGE sql STABLE PARALLEL SAFE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
  AS $$
    SELECT pl.number, pl.sex, pl.group_label, pl.starts_on
      FROM place pl
     WHERE pl.offering_id = p_offering AND NOT pl.out_of_service AND hub_role() IS NOT NULL
       AND CASE WHEN pl.group_label <> '' AND pl.starts_on IS NOT NULL THEN pl.starts_on >= lower(p_during)
                ELSE daterange(pl.starts_on, pl.ends_on, '[]') @> lower(p_during) END
       AND NOT EXISTS (
           SELECT FROM reservation re
            WHERE re.place_number = pl.number
              AND (re.state = 'taken' OR (re.state = 'held' AND re.hold_until > p_at))
              AND (re.during && CASE WHEN pl.group_label <> '' AND pl.starts_on IS NOT NULL
                                     THEN daterange(pl.starts_on, pl.ends_on, '[]')
                                     ELSE p_during * daterange(pl.starts_on, pl.ends_on, '[]') END
                   OR (re.state = 'taken' AND upper(re.during) <= lower(p_during))))
  $$;

-- All that decides whether a referral may have a place of an offering, with the offering locked until the end of the
-- transaction, so that two never decide at once. `own`: the place it holds or has there already; `elsewhere`: how its
-- need has a place already. Null for a referral of someone else.
CREATE FUNCTION hub_claim(p_referral uuid, p_offering uuid, p_during daterange, p_at timestamptz) RETURNS jsonb
  LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
  AS $$
    DECLARE
      v_referral referral;
    BEGIN
      SELECT * INTO v_referral FROM referral rf
       WHERE rf.id = p_referral
         AND (hub_role() = 'system' OR rf.office_id = hub_office() OR rf.recipient_id = hub_recipient()
              OR rf.case_id IN (SELECT hub_team_cases()));
      IF NOT FOUND THEN RETURN NULL; END IF;
      PERFORM 1 FROM offering o WHERE o.id = p_offering FOR NO KEY UPDATE;
      PERFORM hub_lapse_holds(p_at, p_offering);
      RETURN jsonb_build_object(
        'own', (SELECT re.place_number FROM reservation re JOIN place pl ON pl.number = re.place_number
                 WHERE re.referral_id = p_referral AND pl.offering_id = p_offering
                   AND (re.state = 'taken' OR (re.state = 'held' AND re.hold_until > p_at))),
        'elsewhere', (SELECT re.state FROM reservation re
                       WHERE re.need_id = v_referral.need_id AND re.referral_id <> p_referral
                         AND (re.state = 'taken' OR (re.state = 'held' AND re.hold_until > p_at))),
        'sex', (SELECT CASE WHEN pe.sex IN ('1', '2') THEN pe.sex END
                  FROM client_case cc JOIN person pe ON pe.id = cc.person_id WHERE cc.id = v_referral.case_id),
        'free', (SELECT coalesce(jsonb_agg(f), '[]') FROM hub_free_places(p_offering, p_during, p_at) f),
        'waiting', (SELECT coalesce(jsonb_agg(w), '[]') FROM hub_waiting(p_offering, p_at) w));
    END
  $$;

-- Write down the place that the rules chose. A hold of the same need elsewhere gives way to one that is confirmed
-- (`p_instead`). Null where a place cannot be had after all: the exclusion of the table has the last word.
CREATE FUNCTION hub_hold_place(p_id uuid, p_referral uuid, p_place bigint, p_during daterange, p_until timestamptz,
                               p_instead boolean, p_at timestamptz) RETURNS bigint
  LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
  AS $$
    DECLARE
      v_referral referral;
      v_place place;
    BEGIN
      SELECT * INTO v_referral FROM referral rf
       WHERE rf.id = p_referral
         AND (hub_role() = 'system' OR rf.office_id = hub_office() OR rf.recipient_id = hub_recipient()
              OR rf.case_id IN (SELECT hub_team_cases()));
      IF NOT FOUND THEN RETURN NULL; END IF;
      SELECT * INTO v_place FROM place pl WHERE pl.number = p_place;
      IF NOT FOUND THEN RETURN NULL; END IF;
      BEGIN
        WITH gone AS (
          UPDATE reservation re SET state = CASE WHEN re.hold_until <= p_at THEN 'lapsed' ELSE 'released' END,
                                    ended_at = p_at
           WHERE re.need_id = v_referral.need_id AND re.referral_id <> p_referral AND re.state = 'held'
             AND (p_instead OR re.hold_until <= p_at)
          RETURNING re.place_number, re.referral_id, re.office_id, re.recipient_id, re.state)
        INSERT INTO audit_entry (at, action, role, via, subject, subject_id, office_id, recipient_id, referral_id,
                                 details)
        SELECT p_at, CASE gone.state WHEN 'lapsed' THEN 'place.lapse' ELSE 'place.release' END, 'system', 'job', 'place',
               NULL, gone.office_id, gone.recipient_id, gone.referral_id,
               jsonb_build_object('place', gone.place_number)
          FROM gone;
        INSERT INTO reservation (id, created_at, place_number, referral_id, need_id, office_id, recipient_id, during,
                                 state, hold_until)
        VALUES (p_id, p_at, v_place.number, p_referral, v_referral.need_id, v_referral.office_id,
                v_referral.recipient_id,
                CASE WHEN v_place.group_label <> '' AND v_place.starts_on IS NOT NULL
                     THEN daterange(v_place.starts_on, v_place.ends_on, '[]')
                     ELSE p_during * daterange(v_place.starts_on, v_place.ends_on, '[]') END,
                'held', p_until);
        RETURN v_place.number;
      EXCEPTION WHEN exclusion_violation OR unique_violation THEN
        RETURN NULL;
      END;
    END
  $$;

-- Whether a place for this sex suits the client of a referral; true where no sex is stated. The sex itself is not told.
CREATE FUNCTION hub_sex_fits(p_referral uuid, p_sex text) RETURNS boolean
  LANGUAGE sql STABLE PARALLEL SAFE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
  AS $$
    SELECT coalesce(pe.sex NOT IN ('1', '2') OR pe.sex = p_sex, true)
      FROM referral rf
      JOIN client_case cc ON cc.id = rf.case_id
      JOIN person pe ON pe.id = cc.person_id
     WHERE rf.id = p_referral AND (hub_role() = 'system' OR rf.recipient_id = hub_recipient())
  $$;

-- Entrusted organisations with no contract in force: they are not offered, not activated and nothing is sent to them
-- (R1).
CREATE FUNCTION hub_lacking_contract(p_on date) RETURNS TABLE (organisation_id uuid)
  LANGUAGE sql STABLE PARALLEL SAFE
  AS $$
    SELECT g.id FROM organisation g
     WHERE g.processor_role = 'entrusted'
       AND g.id NOT IN (SELECT c.provider_id FROM hub_contracts_in_force(p_on) c)
  $$;

-- Why each offering takes no new referrals, null where it does: one answer for the search, the directory and sending.
-- `p_installed` lists the services of the modules that are installed. That a provider is active at all means its impact
-- assessment is recorded (R41, a check of the table).
CREATE FUNCTION hub_closed_offerings(p_installed text[], p_on date) RETURNS TABLE (offering_id uuid, reason text)
  LANGUAGE sql STABLE PARALLEL SAFE
  AS $$
    SELECT o.id,
           CASE WHEN m.state = 'draining' THEN 'draining'
                WHEN m.state IS NULL OR m.state <> ALL (hub_states('module_taking'))
                     OR o.service_key <> ALL (p_installed) THEN 'module'
                WHEN g.status <> 'active' THEN 'organisation'
                WHEN g.id IN (SELECT l.organisation_id FROM hub_lacking_contract(p_on) l) THEN 'contract'
                WHEN o.status <> 'open' THEN 'paused' END
      FROM offering o
      JOIN organisation g ON g.id = o.organisation_id
      LEFT JOIN module m ON m.key = o.module_key
  $$;

-- How this year's money of an organisation stands: something left, little (under a tenth of the budget), nothing. No
-- amount: whoever saw one change would know what was just granted.
CREATE FUNCTION hub_fund_signs(p_organisations uuid[], p_year integer)
  RETURNS TABLE (organisation_id uuid, sign text)
  LANGUAGE sql STABLE PARALLEL SAFE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
  AS $$
    SELECT f.organisation_id,
           CASE WHEN sum(f.remaining) <= 0 THEN 'none'
                WHEN sum(f.remaining) * 10 < sum(f.budget_fen) THEN 'low' ELSE 'ample' END
      FROM (SELECT fund.organisation_id, fund.budget_fen,
                   greatest(0, fund.budget_fen - coalesce((SELECT sum(e.amount_fen) FROM assistance_entry e
                                                            WHERE e.fund_id = fund.id AND e.decision_id IS NULL), 0)) AS remaining
              FROM fund WHERE fund.organisation_id = ANY (p_organisations) AND fund.year = p_year
                          AND fund.closed_on IS NULL) f
     WHERE hub_role() IN ('worker', 'supervisor', 'admin', 'system')
     GROUP BY f.organisation_id
  $$;

-- How long an offering usually takes to answer: the median of office hours (9 to 17 o'clock on working days) from
-- sending to answer, over the referrals sent since a moment; null with fewer than three answers. `p_rest` lists the
-- days without work.
CREATE FUNCTION hub_answer_hours(p_offerings uuid[], p_since timestamptz, p_rest date[])
  RETURNS TABLE (offering_id uuid, answers integer, median_hours double precision)
  LANGUAGE sql STABLE PARALLEL SAFE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
  AS $$
    SELECT rf.offering_id, count(*)::int, percentile_cont(0.5) WITHIN GROUP (ORDER BY worked.hours)
      FROM referral rf
     CROSS JOIN LATERAL (
           SELECT coalesce(sum(extract(epoch FROM greatest(
                    least(rf.answered_at, (d + time '17:00') AT TIME ZONE 'Asia/Shanghai')
                    - greatest(rf.sent_at, (d + time '09:00') AT TIME ZONE 'Asia/Shanghai'), interval '0'))) / 3600, 0)
                    ::double precision AS hours
             FROM generate_series((rf.sent_at AT TIME ZONE 'Asia/Shanghai')::date::timestamp,
                                  (rf.answered_at AT TIME ZONE 'Asia/Shanghai')::date::timestamp, interval '1 day') AS d
            WHERE d::date <> ALL (p_rest)) worked
     WHERE rf.offering_id = ANY (p_offerings) AND rf.sent_at >= p_since AND rf.answered_at IS NOT NULL
       AND hub_role() IS NOT NULL
     GROUP BY rf.offering_id
    HAVING count(*) >= 3
  $$;
