-- What a recipient may know of the consent behind a disclosure that it can read: its number, version and last day.
-- Not the consent itself: who signed, who witnessed and what was refused stay in the office.
CREATE FUNCTION hub_disclosure_consent(of_disclosure uuid)
  RETURNS TABLE (number text, version integer, valid_until date)
  LANGUAGE sql STABLE PARALLEL SAFE
  SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
  AS $$ SELECT consent.number, disclosure.consent_version, consent.valid_until
          FROM disclosure JOIN consent ON consent.id = disclosure.consent_id
         WHERE disclosure.id = of_disclosure
           AND disclosure.recipient_id = hub_recipient()
           AND disclosure.access_ended_at IS NULL
           AND hub_lost_ground(disclosure.referral_id) IS NULL $$;
