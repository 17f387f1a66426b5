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

-- Hold one place of an offering for a referral; null when none fits. What the referral holds or has there already is
-- the answer again. The place is found under a lock that others step over; if two choose the same one all the same,
-- the exclusion constraint stops the second, which looks again.
CREATE FUNCTION hub_hold_place(p_id uuid, p_referral uuid, p_offering uuid, p_during daterange, p_sex text,
                               p_group text, p_until timestamptz, p_at timestamptz) RETURNS bigint
  LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
  AS $$
    DECLARE
      v_referral referral;
      v_sex text;
      v_place place;
      v_number bigint;
    BEGIN
      SELECT * INTO v_referral FROM referral rf
       WHERE rf.id = p_referral
         AND (hub_role() = 'system' OR rf.office_id = hub_office() OR rf.recipient_id = hub_recipient()
              OR rf.case_id IN (SELECT hub_team_cases()));
      IF NOT FOUND THEN RETURN NULL; END IF;
      SELECT re.place_number INTO v_number
        FROM reservation re JOIN place pl ON pl.number = re.place_number
       WHERE re.referral_id = p_referral AND pl.offering_id = p_offering
         AND (re.state = 'taken' OR (re.state = 'held' AND re.hold_until > p_at));
      IF FOUND THEN RETURN v_number; END IF;
      PERFORM hub_lapse_holds(p_at, p_offering);
      -- The sex recorded decides; what was asked for counts only where none is stated.
      SELECT CASE WHEN pe.sex IN ('1', '2') THEN pe.sex ELSE p_sex END INTO v_sex
        FROM client_case cc JOIN person pe ON pe.id = cc.person_id WHERE cc.id = v_referral.case_id;
      FOR attempt IN 1 .. 5 LOOP
        SELECT * INTO v_place FROM place pl
         WHERE pl.offering_id = p_offering AND NOT pl.out_of_service
           AND (pl.sex IS NULL OR (pl.sex = v_sex AND pl.sex = coalesce(p_sex, pl.sex)))
           AND (p_group IS NULL OR pl.group_label = p_group)
           AND CASE WHEN pl.group_label <> '' AND pl.starts_on IS NOT NULL THEN pl.starts_on >= lower(p_during)
                    ELSE daterange(pl.starts_on, pl.ends_on, '[]') @> lower(p_during) END
           AND NOT EXISTS (
               SELECT 1 FROM reservation re
                WHERE re.place_number = pl.number AND re.state IN ('held', 'taken')
                  AND (re.during && CASE WHEN pl.group_label <> '' AND pl.starts_on IS NOT NULL
                                         THEN daterange(pl.starts_on, pl.ends_on, '[]')
                                         ELSE p_during * daterange(pl.starts_on, pl.ends_on, '[]') END
                       OR (re.state = 'taken' AND upper(re.during) <= lower(p_during))))
         ORDER BY pl.starts_on NULLS FIRST, pl.sex NULLS LAST, pl.number
         LIMIT 1
           FOR NO KEY UPDATE SKIP LOCKED;
        IF NOT FOUND THEN RETURN NULL; END IF;
        BEGIN
          INSERT INTO reservation (id, created_at, place_number, referral_id, office_id, recipient_id, during, state,
                                   hold_until)
          VALUES (p_id, p_at, v_place.number, p_referral, v_referral.office_id, v_referral.recipient_id,
                  CASE WHEN v_place.group_label <> '' AND v_place.starts_on IS NOT NULL
                       THEN daterange(v_place.starts_on, v_place.ends_on, '[]')
                       ELSE p_during * daterange(v_place.starts_on, v_place.ends_on, '[]') END,
                  'held', p_until);
          RETURN v_place.number;
        EXCEPTION WHEN exclusion_violation THEN
          NULL;  -- someone else's hold was committed between our look and our insert
        END;
      END LOOP;
      RETURN NULL;
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
