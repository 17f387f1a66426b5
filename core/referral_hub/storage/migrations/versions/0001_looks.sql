-- Looks (R40). A transaction hands over which fields of which rows it decrypted; here is found whose they are. It runs
-- as the owner of the tables, because a look counts even when the same transaction took the right to look away, as
-- declining a referral does. Who looked is the scope itself and cannot be handed in.
--
-- One row for each client and kind of look; where there were several clients of one office, one row that names all
-- their cases. Nothing is added where the same account has seen the same of the same clients since p_since.
CREATE FUNCTION hub_record_looks(p_fields text[], p_rows uuid[], p_via text, p_at timestamptz, p_since timestamptz)
  RETURNS integer
  LANGUAGE plpgsql
  SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
  AS $$
  DECLARE
    recorded integer;
  BEGIN
    IF hub_account() IS NULL THEN
      RETURN 0;
    END IF;
    WITH opened AS MATERIALIZED (
      SELECT o.field, split_part(o.field, '.', 1) AS part, o.id FROM unnest(p_fields, p_rows) AS o(field, id)),
    found (field, entry_id, case_id, referral_id, recipient_id, released) AS MATERIALIZED (
      SELECT o.field, o.id, o.id, NULL::uuid, NULL::uuid, NULL::text[] FROM opened o WHERE o.part = 'client_case'
      UNION ALL
      SELECT o.field, o.id, x.case_id, NULL, NULL, NULL FROM opened o JOIN measure x ON x.id = o.id
       WHERE o.part = 'measure'
      UNION ALL
      SELECT o.field, o.id, x.case_id, NULL, NULL, NULL FROM opened o JOIN need x ON x.id = o.id WHERE o.part = 'need'
      UNION ALL
      SELECT o.field, o.id, x.case_id, NULL, NULL, NULL FROM opened o JOIN plan_item x ON x.id = o.id
       WHERE o.part = 'plan_item'
      UNION ALL
      SELECT o.field, o.id, x.case_id, NULL, NULL, NULL FROM opened o JOIN case_note x ON x.id = o.id
       WHERE o.part = 'case_note'
      UNION ALL
      SELECT o.field, o.id, x.case_id, NULL, NULL, NULL FROM opened o JOIN consent x ON x.id = o.id
       WHERE o.part = 'consent'
      UNION ALL
      SELECT o.field, o.id, x.case_id, x.id, x.recipient_id, NULL FROM opened o JOIN referral x ON x.id = o.id
       WHERE o.part IN ('referral', 'request_details')
      UNION ALL
      SELECT o.field, o.id, x.case_id, x.referral_id, x.recipient_id, x.fields FROM opened o
        JOIN disclosure x ON x.id = o.id
       WHERE o.part = 'disclosure'
      UNION ALL
      SELECT o.field, o.id, r.case_id, r.id, r.recipient_id, NULL FROM opened o
        JOIN form_entry x ON x.id = o.id JOIN referral r ON r.id = x.referral_id
       WHERE o.part = 'form_entry'
      UNION ALL
      SELECT o.field, o.id, x.case_id, x.referral_id, x.recipient_id, NULL FROM opened o JOIN outcome x ON x.id = o.id
       WHERE o.part = 'outcome'
      UNION ALL
      SELECT o.field, o.id, x.case_id, x.referral_id, x.recipient_id, NULL FROM opened o JOIN follow_up x ON x.id = o.id
       WHERE o.part = 'follow_up'
      UNION ALL
      SELECT o.field, x.application_id, x.case_id, x.referral_id, x.organisation_id, NULL FROM opened o
        JOIN assistance_entry x ON x.id = o.id
       WHERE o.part = 'assistance_entry'),
    -- Of a person with several cases, the case that was opened beside; alone, the latest.
    seen AS (
      SELECT * FROM found
      UNION ALL
      SELECT o.field, o.id, c.id, NULL, NULL, NULL
        FROM opened o
        CROSS JOIN LATERAL (
             SELECT client_case.id FROM client_case WHERE client_case.person_id = o.id
              ORDER BY client_case.id IN (SELECT found.case_id FROM found) DESC, client_case.id DESC LIMIT 1) c
       WHERE o.part = 'person'),
    told AS (
      SELECT s.*, c.office_id,
             CASE WHEN s.field = 'measure.content' THEN 'measure.read'
                  WHEN s.field LIKE 'assistance_entry.%' THEN 'assistance.read'
                  WHEN s.recipient_id = hub_org() AND c.office_id <> hub_org() THEN 'referral.read'
                  ELSE 'case.read' END AS action
        FROM seen s LEFT JOIN client_case c ON c.id = s.case_id),
    looks AS (
      SELECT t.action, t.office_id,
             CASE WHEN t.action IN ('referral.read', 'assistance.read') THEN t.recipient_id END AS recipient_id,
             coalesce(array_agg(DISTINCT t.case_id) FILTER (WHERE t.case_id IS NOT NULL), '{}') AS cases,
             array_agg(DISTINCT t.referral_id) FILTER (WHERE t.referral_id IS NOT NULL) AS referrals,
             array_agg(DISTINCT t.entry_id) AS entries,
             jsonb_agg(DISTINCT f.field) AS fields
        FROM told t
        CROSS JOIN LATERAL unnest(CASE WHEN t.action = 'referral.read' AND cardinality(t.released) > 0 THEN t.released
                                       ELSE ARRAY[t.field] END) AS f(field)
       GROUP BY 1, 2, 3),
    rows AS (
      SELECT l.*, l.cases[1] AS one_case, cardinality(l.referrals) = 1 AS one_referral,
             cardinality(l.cases) > 1 OR cardinality(l.cases) = 0 AND cardinality(l.entries) > 1 AS several
        FROM looks l),
    entries AS (
      SELECT CASE WHEN r.several AND r.action IN ('case.read', 'referral.read')
                  THEN replace(r.action, '.read', '.list') ELSE r.action END AS action,
             CASE r.action WHEN 'assistance.read' THEN 'assistance_entry' WHEN 'referral.read' THEN 'referral'
                  ELSE 'case' END AS subject,
             CASE WHEN r.several THEN NULL
                  WHEN r.action = 'assistance.read' THEN CASE WHEN cardinality(r.entries) = 1 THEN r.entries[1] END
                  WHEN r.action = 'referral.read' THEN CASE WHEN r.one_referral THEN r.referrals[1] END
                  ELSE r.one_case END AS subject_id,
             CASE WHEN NOT r.several THEN r.one_case END AS case_id,
             CASE WHEN r.several THEN r.cases END AS case_ids,
             r.office_id,
             CASE WHEN NOT r.several AND r.one_referral AND r.action <> 'case.read' THEN r.referrals[1] END
               AS referral_id,
             r.recipient_id,
             jsonb_build_object('fields', r.fields) AS details
        FROM rows r)
    INSERT INTO audit_entry (at, action, account_id, organisation_id, role, via, subject, subject_id, case_id, case_ids,
                             office_id, referral_id, recipient_id, details)
    SELECT p_at, e.action, hub_account(), hub_org(), hub_role(), p_via, e.subject, e.subject_id, e.case_id, e.case_ids,
           e.office_id, e.referral_id, e.recipient_id, e.details
      FROM entries e
     WHERE NOT EXISTS (
           SELECT FROM audit_entry a
            WHERE a.account_id = hub_account() AND a.at > p_since AND a.at <= p_at AND a.action = e.action
              AND a.subject_id IS NOT DISTINCT FROM e.subject_id
              AND a.case_id IS NOT DISTINCT FROM e.case_id AND a.office_id IS NOT DISTINCT FROM e.office_id
              AND a.recipient_id IS NOT DISTINCT FROM e.recipient_id
              AND a.referral_id IS NOT DISTINCT FROM e.referral_id
              AND (e.case_ids IS NULL OR a.case_ids @> e.case_ids)
              AND a.details @> e.details);
    GET DIAGNOSTICS recorded = ROW_COUNT;
    RETURN recorded;
  END $$;

-- The numbers of the entries for lists in which a case stood, newest first, for whoever may read who looked at it. The
-- operator of the index is not one that a policy lets pass before it has checked each row.
CREATE FUNCTION hub_listed_case(p_case uuid, p_before bigint, p_limit integer) RETURNS SETOF bigint
  LANGUAGE sql STABLE PARALLEL SAFE
  SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
  AS $$ SELECT audit_entry.seq FROM audit_entry
         WHERE audit_entry.case_ids @> ARRAY[p_case] AND audit_entry.seq < p_before
           AND (hub_role() IN ('auditor', 'system') OR p_case IN (SELECT hub_team_cases())
                OR (SELECT client_case.office_id FROM client_case WHERE client_case.id = p_case) = hub_office())
         ORDER BY audit_entry.seq DESC
         LIMIT p_limit $$;
