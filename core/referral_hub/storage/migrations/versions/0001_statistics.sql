-- Figures across offices, and the few questions about other organisations' rows that may be answered. Each function
-- here runs as the owner of the tables, past row-level security, and therefore says itself who may ask and gives
-- out only counts that name nobody: no row, and no count from which one to four people could be worked out (R36-R38).

-- Keyed hashes of a case's person and household, and its area: what the ledger may know without a name.
CREATE FUNCTION hub_case_keys(p_case uuid)
  RETURNS TABLE (person_index bytea, household_index bytea, area_code text)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
AS $$
  SELECT p.id_index, p.household_index, c.area_code
    FROM client_case c JOIN person p ON p.id = c.person_id
   WHERE c.id = p_case
     AND (hub_role() = 'system' OR c.office_id = hub_office()
          OR EXISTS (SELECT FROM referral r
                      WHERE r.case_id = c.id AND r.recipient_id = hub_recipient()
                        AND r.state = ANY (hub_states('referral_at_recipient'))))
$$;

-- Whether a day lies before the year in which the client of a case was born: the ledger may ask it, not the year.
CREATE FUNCTION hub_before_birth(p_case uuid, p_day date)
  RETURNS boolean
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
AS $$
  SELECT EXISTS (SELECT FROM client_case c JOIN person p ON p.id = c.person_id
                  WHERE c.id = p_case AND p.birth_year > extract(year FROM p_day)
                    AND EXISTS (SELECT FROM hub_case_keys(p_case)))
$$;

-- What is decided and what is paid out of a fund, corrections included. Of the fund's own organisation alone.
CREATE FUNCTION hub_fund_sums(p_fund uuid)
  RETURNS TABLE (decided bigint, paid bigint)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
AS $$
  SELECT coalesce(sum(amount_fen) FILTER (WHERE decision_id IS NULL), 0)::bigint,
         coalesce(sum(amount_fen) FILTER (WHERE decision_id IS NOT NULL), 0)::bigint
    FROM assistance_entry
   WHERE fund_id = p_fund
     AND (hub_role() = 'system' OR (SELECT organisation_id FROM fund WHERE id = p_fund) = hub_org())
$$;

-- The double-payment check: aid to the same person or household in a period, whoever gave it, by month and type; the
-- amount only of one's own. Whoever asks must already know the keyed hash, which only the hub can compute.
CREATE FUNCTION hub_earlier_aid(p_household bytea, p_person bytea, p_type text, p_since date, p_until date,
                                p_but_application uuid DEFAULT NULL)
  RETURNS TABLE (month date, type text, same_type boolean, same_household_only boolean, ours boolean, amount_fen bigint)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
AS $$
  WITH lines AS (
    SELECT coalesce(corrects_id, id) AS root, min(happened_on) AS decided_on, min(e.type) AS type,
           sum(quantity) AS quantity, sum(e.amount_fen) AS amount,
           bool_or(coalesce(person_index = p_person, false)) AS same_person,
           bool_or(organisation_id = hub_org()) AS ours,
           bool_or(coalesce(period, daterange(happened_on, happened_on, '[]')) && daterange(p_since, p_until, '[]')
                   AND kind = 'granted') AS within
      FROM assistance_entry e
     WHERE hub_role() IN ('system', 'civil', 'partner')
       AND kind IN ('granted', 'correction') AND decision_id IS NULL
       AND application_id IS DISTINCT FROM p_but_application
       AND (household_index = p_household OR person_index = p_person)
     GROUP BY 1)
  SELECT date_trunc('month', l.decided_on)::date, l.type, coalesce(l.type = p_type, false), NOT l.same_person,
         coalesce(l.ours, false), CASE WHEN l.ours THEN l.amount END
    FROM lines l WHERE l.within AND (l.quantity > 0 OR l.amount > 0)
   ORDER BY l.decided_on DESC
$$;

-- Which cells of a table may be shown. Rows and columns of `p_times` are the cells, the last row and the last column
-- their totals; `p_persons` are the distinct people behind each. Gives '' (shown), '<' (one to four) or '-'
-- (withheld: any number, none included).
--
-- A cell of one to four people is hidden, and with it as many others as it takes that nobody can work it out from
-- what is shown: each such cell lies on a rectangle of hidden cells around which one can be moved, up here and down
-- there, without changing anything that is shown. So at least two numbers fit every one of them, and no number of
-- sums and differences tells which. Where labels would be too narrow for that, "<" gives way to "-".
CREATE FUNCTION hub_withhold(p_times bigint[], p_persons bigint[]) RETURNS text[]
  LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
  rows int := array_length(p_times, 1);
  cols int := array_length(p_times, 2);
  label text[] := array_fill(''::text, ARRAY[rows, cols]);
  best_row int; best_col int; best_cost numeric; cost numeric;
  step int; steps int[]; up boolean; down boolean; price numeric;
  r int; c int; r2 int; c2 int; i int; at_row int; at_col int; value bigint; mark text;
BEGIN
  FOR r IN 1..rows LOOP FOR c IN 1..cols LOOP
    IF p_persons[r][c] BETWEEN 1 AND 4 OR p_times[r][c] BETWEEN 1 AND 4 THEN label[r][c] := '<'; END IF;
  END LOOP; END LOOP;
  -- Totals first: a table by another breakdown has the same ones, and should hide the same ones.
  FOR r IN REVERSE rows..1 LOOP FOR c IN REVERSE cols..1 LOOP
    CONTINUE WHEN NOT (p_persons[r][c] BETWEEN 1 AND 4 OR p_times[r][c] BETWEEN 1 AND 4);
    LOOP
      best_cost := NULL;
      FOR r2 IN 1..rows LOOP
        CONTINUE WHEN r2 = r;
        FOR c2 IN 1..cols LOOP
          CONTINUE WHEN c2 = c;
          -- Moving (r, c) by one moves its neighbours the other way, but a total the same way.
          steps := ARRAY[1,
            CASE WHEN (c = cols) = (c2 = cols) THEN -1 ELSE 1 END,
            CASE WHEN (r = rows) = (r2 = rows) THEN -1 ELSE 1 END,
            0];
          steps[4] := steps[2] * steps[3];
          up := true; down := true; price := 0;
          FOR i IN 1..4 LOOP
            at_row := CASE WHEN i <= 2 THEN r ELSE r2 END;
            at_col := CASE WHEN i IN (1, 3) THEN c ELSE c2 END;
            value := p_times[at_row][at_col];
            mark := label[at_row][at_col];
            step := steps[i];
            IF mark = '' THEN
              -- The more a number says, the dearer it is to hide; totals last of all.
              price := price + value + 1
                + CASE WHEN at_row = rows AND at_col = cols THEN 1e15 WHEN at_row = rows OR at_col = cols THEN 1e12 ELSE 0 END;
            END IF;
            -- "<" promises one to four people: it cannot become none, and four acts of four people cannot become five.
            IF (step = 1 AND mark = '<' AND value = 4) OR (step = -1 AND value <= CASE mark WHEN '<' THEN 1 ELSE 0 END) THEN
              up := false;
            END IF;
            IF (step = -1 AND mark = '<' AND value = 4) OR (step = 1 AND value <= CASE mark WHEN '<' THEN 1 ELSE 0 END) THEN
              down := false;
            END IF;
          END LOOP;
          IF (up OR down) AND (best_cost IS NULL OR price < best_cost) THEN
            best_cost := price; best_row := r2; best_col := c2;
          END IF;
          EXIT WHEN best_cost = 0;
        END LOOP;
        EXIT WHEN best_cost = 0;
      END LOOP;
      IF best_cost IS NOT NULL THEN
        FOR i IN 2..4 LOOP
          at_row := CASE WHEN i = 2 THEN r ELSE best_row END;
          at_col := CASE WHEN i = 3 THEN c ELSE best_col END;
          IF label[at_row][at_col] = '' THEN label[at_row][at_col] := '-'; END IF;
        END LOOP;
        EXIT;
      ELSIF label[r][c] = '<' THEN
        label[r][c] := '-';
      ELSE
        -- Nothing protects it: then nothing is shown.
        RETURN array_fill('-'::text, ARRAY[rows, cols]);
      END IF;
    END LOOP;
  END LOOP; END LOOP;
  RETURN label;
END $$;

-- Makes a protected table of a query that gives one row per fact: row_key, col_key, person, household, times, amount,
-- days_a, days_b. '*' is the key of totals. Amounts are shown in the column `p_money` only, and not where fewer than
-- five people received them or one person more than four fifths, nor where the rest of the column would tell them.
CREATE FUNCTION hub_protected(p_facts text, p_from date, p_until date, p_office uuid, p_recipient uuid,
                              p_only text, p_money text)
  RETURNS TABLE (row_key text, column_key text, mark text, times_mark text, amount_mark text, persons bigint,
                 households bigint, times bigint, amount numeric, days_a numeric, days_b numeric)
  LANGUAGE plpgsql STABLE SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
  cells jsonb; cell jsonb; row_keys text[]; col_keys text[]; n int; m int; i int; j int; money int;
  counted bigint[]; people bigint[]; label text[]; found jsonb[];
  amounts numeric[]; largest numeric[]; behind bigint[]; hidden boolean[];
  rest numeric; rest_largest numeric; rest_people bigint; cheapest int;
BEGIN
  EXECUTE format($q$
    WITH facts AS MATERIALIZED (%s),
    cells AS (
      SELECT row_key, col_key, count(DISTINCT person) AS persons, count(DISTINCT household) AS households,
             coalesce(sum(times), 0)::bigint AS times, coalesce(sum(amount), 0) AS amount,
             round(avg(days_a), 1) AS days_a, round(avg(days_b), 1) AS days_b
        FROM facts GROUP BY CUBE (row_key, col_key)),
    largest AS (
      SELECT row_key, max(amount) AS largest
        FROM (SELECT row_key, sum(amount) AS amount FROM facts WHERE col_key = $6
               GROUP BY GROUPING SETS ((row_key, person), (person))) each_person
       GROUP BY row_key)
    SELECT jsonb_agg(to_jsonb(c) || jsonb_build_object('largest', coalesce(l.largest, 0)))
      FROM cells c LEFT JOIN largest l ON c.col_key = $6 AND l.row_key IS NOT DISTINCT FROM c.row_key
  $q$, p_facts) INTO cells USING p_from, p_until, p_office, p_recipient, p_only, p_money;
  SELECT array_agg(DISTINCT c->>'row_key' ORDER BY c->>'row_key') FILTER (WHERE c->>'row_key' IS NOT NULL),
         array_agg(DISTINCT c->>'col_key' ORDER BY c->>'col_key') FILTER (WHERE c->>'col_key' IS NOT NULL)
    INTO row_keys, col_keys FROM jsonb_array_elements(cells) c;
  IF row_keys IS NULL THEN RETURN; END IF;
  n := array_length(row_keys, 1); m := array_length(col_keys, 1);
  counted := array_fill(0::bigint, ARRAY[n + 1, m + 1]);
  people := counted;
  found := array_fill('{}'::jsonb, ARRAY[n + 1, m + 1]);
  FOR cell IN SELECT jsonb_array_elements(cells) LOOP
    i := coalesce(array_position(row_keys, cell->>'row_key'), n + 1);
    j := coalesce(array_position(col_keys, cell->>'col_key'), m + 1);
    found[i][j] := cell;
    counted[i][j] := (cell->>'times')::bigint;
    -- Few households are as telling as few people.
    people[i][j] := CASE WHEN (cell->>'households')::bigint BETWEEN 1 AND 4 THEN cell->>'households'
                         ELSE cell->>'persons' END;
  END LOOP;
  label := hub_withhold(counted, people);

  money := array_position(col_keys, p_money);
  hidden := array_fill(true, ARRAY[n + 1]);
  IF money IS NOT NULL THEN
    FOR i IN 1..n + 1 LOOP
      amounts[i] := coalesce((found[i][money]->>'amount')::numeric, 0);
      largest[i] := coalesce((found[i][money]->>'largest')::numeric, 0);
      behind[i] := people[i][money];
      hidden[i] := label[i][money] <> '' OR behind[i] BETWEEN 1 AND 4 OR largest[i] > 0.8 * amounts[i];
    END LOOP;
    -- The total less the rows shown is the sum of the rows hidden: that sum must pass the same test. The bounds are
    -- the safe side of what is known: at least as many people as behind the largest hidden row, at most the sum of
    -- each row's largest share in one hand.
    WHILE NOT hidden[n + 1] LOOP
      rest := 0; rest_largest := 0; rest_people := 0; cheapest := NULL;
      FOR i IN 1..n LOOP
        IF hidden[i] THEN
          rest := rest + amounts[i]; rest_largest := rest_largest + largest[i];
          rest_people := greatest(rest_people, behind[i]);
        ELSIF amounts[i] > 0 AND (cheapest IS NULL OR amounts[i] < amounts[cheapest]) THEN
          cheapest := i;
        END IF;
      END LOOP;
      EXIT WHEN rest = 0 OR (rest_people >= 5 AND rest_largest <= 0.8 * rest);
      hidden[coalesce(cheapest, n + 1)] := true;
    END LOOP;
  END IF;

  FOR i IN 1..n + 1 LOOP FOR j IN 1..m + 1 LOOP
    row_key := coalesce(row_keys[i], '*'); column_key := coalesce(col_keys[j], '*');
    cell := found[i][j];
    mark := CASE WHEN label[i][j] = '<' AND (cell->>'persons')::bigint > 4 THEN '-' ELSE label[i][j] END;
    times_mark := CASE WHEN label[i][j] = '<' AND counted[i][j] > 4 THEN '-' ELSE label[i][j] END;
    amount_mark := CASE WHEN money = j AND NOT hidden[i] THEN '' ELSE '-' END;
    persons := NULL; households := NULL; times := NULL; amount := NULL; days_a := NULL; days_b := NULL;
    IF label[i][j] = '' THEN
      persons := coalesce((cell->>'persons')::bigint, 0);
      households := coalesce((cell->>'households')::bigint, 0);
      times := counted[i][j];
      days_a := (cell->>'days_a')::numeric;
      days_b := (cell->>'days_b')::numeric;
      IF amount_mark = '' THEN amount := amounts[i]; END IF;
    END IF;
    RETURN NEXT;
  END LOOP; END LOOP;
END $$;

-- The tables of the monthly return. `p_table`: assistance, needs, referrals, consents, outcomes, measures, follow_ups,
-- services. `p_rows` and `p_columns`: breakdowns of that table. `p_only`: a service's measure, the months of a follow-up, a
-- unit, or a part of the table that has columns of its own.
-- The civil-affairs department sees all; a supervisor the own office's cases, a provider's staff the own work.
-- Whole months only: by shifting a period day by day one could take the figures apart.
CREATE FUNCTION hub_statistics(p_table text, p_rows text, p_columns text, p_from date, p_until date,
                               p_only text DEFAULT NULL)
  RETURNS TABLE (row_key text, column_key text, mark text, times_mark text, amount_mark text, persons bigint,
                 households bigint, times bigint, amount numeric, days_a numeric, days_b numeric)
  LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
  office uuid; recipient uuid; breakdown jsonb; facts text; money text;
  -- A township is named only where at least thirty cases live; others are counted under their county (R37).
  area constant text := $q$CASE WHEN %1$s IS NULL THEN '?'
    WHEN left(%1$s, 9) IN (SELECT left(area_code, 9) FROM client_case WHERE length(area_code) >= 9
                            GROUP BY 1 HAVING count(*) >= 30) THEN left(%1$s, 9)
    ELSE left(%1$s, 6) END$q$;
  person constant text := $q$coalesce(encode(p.id_index, 'hex'), p.id::text)$q$;
BEGIN
  CASE hub_role()
    WHEN 'civil', 'system' THEN NULL;
    WHEN 'supervisor' THEN office := hub_org();
    WHEN 'partner' THEN recipient := hub_org();
    ELSE RAISE insufficient_privilege USING MESSAGE = 'statistics are not for this role';
  END CASE;
  IF p_from <> date_trunc('month', p_from)::date
     OR p_until <> (date_trunc('month', p_until) + interval '1 month - 1 day')::date OR p_until < p_from THEN
    RAISE invalid_parameter_value USING MESSAGE = 'the period must be whole months';
  END IF;

  CASE p_table
  WHEN 'assistance' THEN
    money := 'granted';
    breakdown := jsonb_build_object(
      'type', 'e.type', 'month', $q$to_char(e.happened_on, 'YYYY-MM')$q$, 'organisation', 'e.organisation_id::text',
      'service', $q$coalesce(r.service_key, '-')$q$, 'area', format(area, 'coalesce(e.area_code, c.area_code)'),
      'fund', $q$coalesce(f.source, '-')$q$, 'decision', 'e.kind');
    -- Applications in the month they were made, decisions in theirs, each as it stands after its corrections: one taken
    -- back altogether does not count. What is still pending is never given out, so that applications less decisions
    -- tell no small number.
    facts := $q$
      SELECT %1$s AS row_key, %2$s AS col_key,
             coalesce(encode(coalesce(e.person_index, p.id_index), 'hex'), p.id::text, e.application_id::text) AS person,
             coalesce(encode(coalesce(e.household_index, p.household_index), 'hex'),
                      encode(coalesce(e.person_index, p.id_index), 'hex'), p.id::text, e.application_id::text)
               AS household,
             1 AS times, e.amount_fen + coalesce(x.amount, 0) AS amount,
             CASE WHEN e.kind <> 'application' THEN e.happened_on - e.applied_on END AS days_a, NULL::int AS days_b
        FROM assistance_entry e
        LEFT JOIN (SELECT corrects_id, sum(quantity) AS quantity, sum(amount_fen) AS amount
                     FROM assistance_entry WHERE kind = 'correction' GROUP BY 1) x ON x.corrects_id = e.id
        LEFT JOIN referral r ON r.id = e.referral_id LEFT JOIN fund f ON f.id = e.fund_id
        LEFT JOIN client_case c ON c.id = e.case_id LEFT JOIN person p ON p.id = c.person_id
       WHERE e.happened_on BETWEEN $1 AND $2 AND e.kind IN ('application', 'granted', 'refused', 'withdrawn')
         AND ($3 IS NULL OR e.office_id = $3) AND ($4 IS NULL OR e.organisation_id = $4)
         AND ($5 IS NULL OR $5 = 'household_times' OR ($5 = 'advance' AND e.advance))
         AND (e.kind <> 'granted' OR e.quantity + coalesce(x.quantity, 0) > 0
              OR e.amount_fen + coalesce(x.amount, 0) > 0)$q$;
    IF p_only = 'household_times' THEN
      -- A household is helped once however many of it are granted the same aid on one day by the same organisation.
      facts := 'SELECT DISTINCT row_key, col_key, household AS person, household, 1 AS times, 0 AS amount,
                       NULL::int AS days_a, NULL::int AS days_b, happened_on, type, organisation_id
                  FROM (' || replace(facts, ' AS row_key,', ' AS row_key, e.happened_on, e.type, e.organisation_id,') || ') f';
    END IF;
  WHEN 'needs' THEN
    -- What clients asked for, by the month it was recorded, whether or not anyone has met it. Not for providers. With
    -- `p_only` what is not met and nobody offers: no open offering, of the services that `p_only` names for the kind of need
    -- (`{"housing": ["house.stay"]}`), reaches where the client lives.
    breakdown := jsonb_build_object(
      'need', 'n.kind', 'month', $q$to_char(n.created_at AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM')$q$,
      'area', format(area, 'c.area_code'), 'need_state', 'n.state');
    facts := $q$
      SELECT %1$s AS row_key, %2$s AS col_key, %3$s AS person, %3$s AS household, 1 AS times, 0 AS amount,
             CASE WHEN n.state = 'met' THEN n.ended_on - (n.created_at AT TIME ZONE 'Asia/Shanghai')::date END AS days_a,
             NULL::int AS days_b
        FROM need n JOIN client_case c ON c.id = n.case_id JOIN person p ON p.id = c.person_id
       WHERE n.created_at >= $1::timestamp AT TIME ZONE 'Asia/Shanghai'
         AND n.created_at < ($2 + 1)::timestamp AT TIME ZONE 'Asia/Shanghai'
         AND ($3 IS NULL OR n.office_id = $3) AND $4 IS NULL
         AND ($5 IS NULL OR n.state = ANY (hub_states('need_unmet')) AND NOT EXISTS (
           SELECT FROM offering o JOIN organisation g ON g.id = o.organisation_id
            WHERE o.status = 'open' AND g.status = 'active' AND ($5::jsonb -> n.kind) ? o.service_key
              AND (cardinality(o.area_codes) = 0
                   OR EXISTS (SELECT FROM unnest(o.area_codes) a WHERE starts_with(c.area_code, a)))))$q$;
  WHEN 'referrals' THEN
    breakdown := jsonb_build_object(
      'service', 'r.service_key', 'month', $q$to_char(r.sent_at AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM')$q$,
      'organisation', 'r.recipient_id::text', 'area', format(area, 'c.area_code'),
      -- Kinds that leave none out: the sum of a row is what was sent.
      'status', $q$CASE WHEN r.state = ANY (hub_states('referral_unanswered')) THEN 'waiting' WHEN r.state = 'waitlisted' THEN 'waitlisted'
        WHEN r.state = 'declined' THEN 'declined'
        WHEN r.state = ANY (hub_states('referral_ever_accepted')) THEN 'accepted'
        ELSE 'ended' END$q$,
      'received', $q$CASE WHEN r.received_at IS NULL THEN 'no' ELSE 'yes' END$q$,
      'progress', $q$CASE r.state WHEN 'on_hold' THEN 'in_service' ELSE r.state END$q$,
      'reason', $q$coalesce(r.reason_code, '?')$q$,
      'overdue', $q$CASE WHEN r.answer_due_at < split_part($5, '@', 2)::timestamptz THEN 'yes' ELSE 'no' END$q$);
    -- `p_only`: nothing, or one of the kinds above with columns of its own (for `waiting` with the moment of asking).
    facts := $q$
      SELECT %1$s AS row_key, %2$s AS col_key, %3$s AS person, %3$s AS household, 1 AS times, 0 AS amount,
             extract(epoch FROM r.answered_at - r.sent_at) / 86400 AS days_a,
             extract(epoch FROM r.first_contact_at - r.answered_at) / 86400 AS days_b
        FROM referral r JOIN client_case c ON c.id = r.case_id JOIN person p ON p.id = c.person_id
       WHERE r.sent_at >= $1::timestamp AT TIME ZONE 'Asia/Shanghai'
         AND r.sent_at < ($2 + 1)::timestamp AT TIME ZONE 'Asia/Shanghai'
         AND r.state <> ALL (hub_states('referral_never_sent'))
         AND ($3 IS NULL OR r.office_id = $3) AND ($4 IS NULL OR r.recipient_id = $4)
         AND CASE split_part($5, '@', 1) WHEN 'accepted' THEN r.state = ANY (hub_states('referral_ever_accepted'))
                  WHEN 'declined' THEN r.state = 'declined'
                  WHEN 'waiting' THEN r.state = ANY (hub_states('referral_unanswered')) ELSE $5 IS NULL END$q$;
  WHEN 'consents' THEN
    -- How clients were asked, by the month of the answer; with `p_only` = 'withdrawn' what was withdrawn, by the month of
    -- that; with 'notices@' and the moment of asking those who must be told afterwards. A provider learns nothing of who
    -- refused (R8).
    breakdown := jsonb_build_object(
      'service', 'k.purpose', 'area', format(area, 'c.area_code'),
      'month', $q$to_char(CASE $5 WHEN 'withdrawn' THEN k.ended_at ELSE k.answered_at END AT TIME ZONE 'Asia/Shanghai',
                          'YYYY-MM')$q$,
      'answer', $q$CASE k.state WHEN 'refused' THEN 'refused' ELSE 'given' END$q$,
      'basis', 'k.basis',
      'notice', $q$CASE WHEN coalesce(t.done_at, split_part($5, '@', 2)::timestamptz) >= t.due_at THEN 'late'
                        ELSE 'in_time' END$q$);
    facts := $q$
      SELECT %1$s AS row_key, %2$s AS col_key, %3$s AS person, %3$s AS household, 1 AS times, 0 AS amount,
             NULL::int AS days_a, NULL::int AS days_b
        FROM consent k JOIN client_case c ON c.id = k.case_id JOIN person p ON p.id = k.person_id
        LEFT JOIN task t ON t.consent_id = k.id AND t.kind = 'tell_client' AND $5 LIKE 'notices@%%'
       WHERE CASE $5 WHEN 'withdrawn' THEN k.ended_at ELSE k.answered_at END >= $1::timestamp AT TIME ZONE 'Asia/Shanghai'
         AND CASE $5 WHEN 'withdrawn' THEN k.ended_at ELSE k.answered_at END < ($2 + 1)::timestamp AT TIME ZONE 'Asia/Shanghai'
         AND ($3 IS NULL OR k.office_id = $3) AND $4 IS NULL
         AND CASE WHEN $5 = 'withdrawn' THEN k.state = 'withdrawn' WHEN $5 LIKE 'notices@%%' THEN t.id IS NOT NULL
                  ELSE $5 IS NULL END$q$;
  WHEN 'outcomes', 'measures' THEN
    breakdown := jsonb_build_object(
      'service', 'o.service_key', 'month', $q$to_char(o.given_on, 'YYYY-MM')$q$,
      'organisation', 'o.recipient_id::text', 'area', format(area, 'c.area_code'));
    IF p_table = 'outcomes' THEN
      breakdown := breakdown || jsonb_build_object('outcome', 'o.code', 'evidence', 'o.evidence');
    ELSE
      -- Only the codes that the module declares, all of them: words and numbers that someone typed would be told by being
      -- named. `p_only` is service:measure:code,code.
      breakdown := breakdown || jsonb_build_object('value', $q$
        CASE WHEN o.measures ->> split_part($5, ':', 2) = ANY (string_to_array(split_part($5, ':', 3), ','))
             THEN o.measures ->> split_part($5, ':', 2) ELSE '?' END$q$);
    END IF;
    facts := $q$
      SELECT %1$s AS row_key, %2$s AS col_key, %3$s AS person, %3$s AS household, 1 AS times, 0 AS amount,
             NULL::int AS days_a, NULL::int AS days_b
        FROM outcome o JOIN client_case c ON c.id = o.case_id JOIN person p ON p.id = c.person_id
       WHERE o.given_on BETWEEN $1 AND $2 AND o.replaced_at IS NULL
         AND ($3 IS NULL OR o.office_id = $3) AND ($4 IS NULL OR o.recipient_id = $4)
         AND ($5 IS NULL OR o.service_key = split_part($5, ':', 1))$q$;
  WHEN 'follow_ups' THEN
    breakdown := jsonb_build_object(
      'service', 'u.service_key', 'month', $q$to_char(u.done_on, 'YYYY-MM')$q$,
      'organisation', 'u.recipient_id::text', 'area', format(area, 'c.area_code'), 'answer', 'u.answer');
    facts := $q$
      SELECT %1$s AS row_key, %2$s AS col_key, %3$s AS person, %3$s AS household, 1 AS times, 0 AS amount,
             NULL::int AS days_a, NULL::int AS days_b
        FROM follow_up u JOIN client_case c ON c.id = u.case_id JOIN person p ON p.id = c.person_id
       WHERE u.done_on BETWEEN $1 AND $2 AND u.months = $5::int
         AND ($3 IS NULL OR u.office_id = $3) AND ($4 IS NULL OR u.recipient_id = $4)$q$;
  WHEN 'services' THEN
    -- Quantities of one unit, in hundredths: they are protected as amounts are. Without a unit only entries and people
    -- are asked for.
    money := 'delivered';
    breakdown := jsonb_build_object(
      'service', 'v.service_key', 'month', $q$to_char(v.happened_on, 'YYYY-MM')$q$,
      'organisation', 'v.recipient_id::text', 'area', format(area, 'c.area_code'), 'delivered', $q$'delivered'::text$q$);
    facts := $q$
      SELECT %1$s AS row_key, %2$s AS col_key, %3$s AS person, %3$s AS household, 1 AS times,
             v.quantity * 100 AS amount, NULL::int AS days_a, NULL::int AS days_b
        FROM service_event v JOIN client_case c ON c.id = v.case_id JOIN person p ON p.id = c.person_id
       WHERE v.happened_on BETWEEN $1 AND $2 AND ($5 IS NULL OR v.unit = $5) AND v.cancels_id IS NULL
         AND NOT EXISTS (SELECT FROM service_event w WHERE w.referral_id = v.referral_id AND w.cancels_id = v.id)
         AND ($3 IS NULL OR v.office_id = $3) AND ($4 IS NULL OR v.recipient_id = $4)$q$;
  ELSE RAISE invalid_parameter_value USING MESSAGE = 'no such table';
  END CASE;
  IF p_rows = p_columns OR breakdown ->> p_rows IS NULL OR breakdown ->> p_columns IS NULL THEN
    RAISE invalid_parameter_value USING MESSAGE = 'no such breakdown';
  END IF;
  RETURN QUERY SELECT * FROM hub_protected(
    format(facts, breakdown ->> p_rows, breakdown ->> p_columns, person), p_from, p_until, office, recipient, p_only, money);
END $$;

-- Places by organisation and service: how many there are, are held or taken on a day, are free, and how many people
-- wait, for how many days on average, and how many days ago the oldest of the numbers was confirmed. Places are no people:
-- they are counted out; who waits is a person, and one to four are not shown (R37).
CREATE FUNCTION hub_capacity(p_day date, p_at timestamptz)
  RETURNS TABLE (organisation_id uuid, service_key text, places bigint, used bigint, free bigint, waiting bigint,
                 waiting_mark text, waited numeric, confirmed_ago integer)
  LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
  recipient uuid; found record; lines jsonb := '[]'; n int; i int;
  taken bigint[]; queue bigint[]; queue_label text[];
BEGIN
  CASE hub_role()
    WHEN 'civil', 'system', 'supervisor' THEN NULL;
    WHEN 'partner' THEN recipient := hub_org();
    ELSE RAISE insufficient_privilege USING MESSAGE = 'statistics are not for this role';
  END CASE;
  FOR found IN
    SELECT o.organisation_id AS org, o.service_key AS service, coalesce(sum(p.places), 0) AS places,
           coalesce(sum(p.used), 0) AS used, coalesce(sum(w.waiting), 0) AS waiting,
           coalesce(sum(w.days), 0) AS days,
           max(p_day - (o.capacity_confirmed_at AT TIME ZONE 'Asia/Shanghai')::date) AS confirmed_ago
      FROM offering o
      LEFT JOIN (SELECT u.offering_id, count(*) AS places, count(*) FILTER (WHERE u.state <> 'free') AS used
                   FROM hub_place_use(ARRAY(SELECT id FROM offering WHERE status <> 'closed'), p_day, p_at) u
                  GROUP BY 1) p ON p.offering_id = o.id
      LEFT JOIN (SELECT offering_id, count(*) AS waiting,
                        sum(p_day - (answered_at AT TIME ZONE 'Asia/Shanghai')::date) AS days
                   FROM referral WHERE state = 'waitlisted' GROUP BY 1) w
        ON w.offering_id = o.id
     WHERE o.status <> 'closed' AND (recipient IS NULL OR o.organisation_id = recipient)
     GROUP BY 1, 2 HAVING coalesce(sum(p.places), 0) > 0 OR coalesce(sum(w.waiting), 0) > 0
     ORDER BY 1, 2
  LOOP
    lines := lines || to_jsonb(found);
  END LOOP;
  n := jsonb_array_length(lines);
  IF n = 0 THEN RETURN; END IF;
  taken := array_fill(0::bigint, ARRAY[n + 1, 2]); queue := taken;
  FOR i IN 1..n LOOP FOR j IN 1..2 LOOP
    taken[i][j] := (lines -> (i - 1) ->> 'used')::bigint;
    queue[i][j] := (lines -> (i - 1) ->> 'waiting')::bigint;
    taken[n + 1][j] := taken[n + 1][j] + taken[i][j];
    queue[n + 1][j] := queue[n + 1][j] + queue[i][j];
  END LOOP; END LOOP;
  queue_label := hub_withhold(queue, queue);
  FOR i IN 1..n + 1 LOOP
    organisation_id := (lines -> (i - 1) ->> 'org')::uuid;
    service_key := coalesce(lines -> (i - 1) ->> 'service', '*');
    SELECT sum((l ->> 'places')::bigint) INTO places FROM jsonb_array_elements(lines) WITH ORDINALITY AS a (l, at)
     WHERE i > n OR at = i;
    waiting_mark := queue_label[i][1];
    used := taken[i][1];
    free := places - used;
    waiting := CASE WHEN waiting_mark = '' THEN queue[i][1] END;
    SELECT CASE WHEN waiting > 0 THEN round(sum((l ->> 'days')::numeric) / waiting, 1) END, max((l ->> 'confirmed_ago')::int)
      INTO waited, confirmed_ago FROM jsonb_array_elements(lines) WITH ORDINALITY AS a (l, at) WHERE i > n OR at = i;
    RETURN NEXT;
  END LOOP;
END $$;

-- How far contracts are: for each contract and target what was delivered under it. Work counts for a contract on the days
-- of its term, when its offering is named there; an office pays for its own clients, the civil-affairs department for all.
-- Where two would pay for the same work it is the office's own, then the older one: nothing is ever counted twice.
-- Each provider's contracts are one table of hub_protected with what no contract pays for (key '-'), the same for
-- whoever asks. A supervisor is given the contracts of the own office, a provider its own.
CREATE FUNCTION hub_contract_progress(p_until date, p_visits text[], p_groups text[])
  RETURNS TABLE (target text, row_key text, column_key text, mark text, times_mark text, amount_mark text,
                 persons bigint, times bigint, amount numeric)
  LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
  recipient uuid; office uuid; found record; facts text;
  person constant text := $q$coalesce(encode(p.id_index, 'hex'), p.id::text)$q$;
  -- Which contract pays for something of referral r on the day %1$s.
  payer constant text := $q$LEFT JOIN LATERAL (
             SELECT k.id FROM contract_offering l JOIN contract k ON k.id = l.contract_id
               JOIN organisation b ON b.id = k.purchaser_id
              WHERE l.offering_id = r.offering_id AND %1$s BETWEEN k.starts_on AND k.ends_on
                AND (b.kind <> 'office' OR b.id = r.office_id)
              ORDER BY b.kind = 'office' DESC, k.created_at, k.id LIMIT 1) k ON true$q$;
BEGIN
  CASE hub_role()
    WHEN 'civil', 'system' THEN NULL;
    WHEN 'supervisor' THEN office := hub_org();
    WHEN 'partner' THEN recipient := hub_org();
    ELSE RAISE insufficient_privilege USING MESSAGE = 'statistics are not for this role';
  END CASE;
  FOR found IN
    SELECT c.provider_id, t.code, min(c.starts_on) AS since, least(max(c.ends_on), p_until) AS until
      FROM contract c CROSS JOIN jsonb_object_keys(c.targets) AS t (code)
     WHERE c.starts_on <= p_until AND (recipient IS NULL OR c.provider_id = recipient)
       AND (office IS NULL OR c.provider_id IN (SELECT b.provider_id FROM contract b WHERE b.purchaser_id = office))
     GROUP BY 1, 2
  LOOP
    IF found.code = 'satisfaction' THEN
      facts := format($q$
        SELECT coalesce(k.id::text, '-') AS row_key,
               CASE r.client_satisfaction WHEN 'satisfied' THEN 'delivered' ELSE 'other' END AS col_key, %1$s AS person,
               %1$s AS household, 1 AS times, 0 AS amount, NULL::int AS days_a, NULL::int AS days_b
          FROM referral r JOIN client_case c ON c.id = r.case_id JOIN person p ON p.id = c.person_id
          %2$s
         WHERE r.satisfaction_on BETWEEN $1 AND $2 AND $3 IS NULL AND r.recipient_id = $4$q$,
        person, format(payer, 'r.satisfaction_on'));
    ELSE
      facts := format($q$
        SELECT coalesce(k.id::text, '-') AS row_key, 'delivered'::text AS col_key, %1$s AS person, %1$s AS household,
               1 AS times, %3$s AS amount, NULL::int AS days_a, NULL::int AS days_b
          FROM service_event v JOIN referral r ON r.id = v.referral_id
          JOIN client_case c ON c.id = v.case_id JOIN person p ON p.id = c.person_id
          %2$s
         WHERE v.happened_on BETWEEN $1 AND $2 AND $3 IS NULL AND v.recipient_id = $4 AND v.cancels_id IS NULL
           AND NOT EXISTS (SELECT FROM service_event w WHERE w.referral_id = v.referral_id AND w.cancels_id = v.id)
           AND CASE $5 WHEN 'person' THEN true WHEN 'visit' THEN v.unit = 'time' AND v.kind = ANY (%4$L::text[])
                       WHEN 'group_session' THEN v.kind = ANY (%5$L::text[]) ELSE v.unit = $5 END$q$,
        person, format(payer, 'v.happened_on'),
        -- Those who came to a session share it: each one's part is protected as a part of an amount.
        CASE found.code WHEN 'group_session' THEN
          '100 / count(*) OVER (PARTITION BY coalesce(k.id::text, ''-''), r.offering_id, v.happened_on)::numeric'
        ELSE 'v.quantity * 100' END, p_visits, p_groups);
    END IF;
    RETURN QUERY
      SELECT found.code, q.row_key, q.column_key, q.mark, q.times_mark, q.amount_mark, q.persons, q.times, q.amount
        FROM hub_protected(facts, found.since, found.until, NULL, found.provider_id, found.code, 'delivered') q
       WHERE q.row_key NOT IN ('-', '*')
         AND (office IS NULL OR q.row_key IN (SELECT b.id::text FROM contract b WHERE b.purchaser_id = office));
  END LOOP;
END $$;

-- Nobody but the application asks, and nobody at all calls the inner ones with a query of their own.
REVOKE ALL ON FUNCTION hub_case_keys, hub_before_birth, hub_fund_sums, hub_earlier_aid, hub_withhold, hub_protected, hub_statistics,
  hub_capacity, hub_contract_progress FROM PUBLIC;
GRANT EXECUTE ON FUNCTION hub_case_keys, hub_before_birth, hub_fund_sums, hub_earlier_aid, hub_statistics, hub_capacity,
  hub_contract_progress TO referral_hub_app;
