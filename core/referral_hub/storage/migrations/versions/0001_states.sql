-- Sets of states by name, for every question that asks for one: `state = ANY (hub_states('referral_open'))`. The same
-- sets as `codes/states.py` and `registry/lifecycle.py` have; a test compares them. With a constant name the planner
-- puts the array in place of the call, so that an index made for the set is still found.
CREATE FUNCTION hub_states(p_set text) RETURNS text[]
  LANGUAGE sql IMMUTABLE PARALLEL SAFE
  AS $$
    SELECT CASE p_set
      WHEN 'referral_open' THEN ARRAY['sent', 'received', 'waitlisted', 'accepted', 'in_service', 'on_hold']
      WHEN 'referral_unanswered' THEN ARRAY['sent', 'received']
      WHEN 'referral_answered' THEN ARRAY['waitlisted', 'accepted', 'in_service', 'on_hold']
      WHEN 'referral_at_recipient' THEN ARRAY['received', 'waitlisted', 'accepted', 'in_service', 'on_hold']
      WHEN 'referral_accepted' THEN ARRAY['accepted', 'in_service', 'on_hold']
      WHEN 'referral_ended' THEN ARRAY['completed', 'discontinued', 'declined', 'expired', 'withdrawn',
                                       'consent_withdrawn', 'entered_in_error']
      WHEN 'referral_ever_accepted' THEN ARRAY['accepted', 'in_service', 'on_hold', 'completed', 'discontinued']
      WHEN 'referral_never_sent' THEN ARRAY['draft', 'entered_in_error']
      WHEN 'referral_turned_away' THEN ARRAY['declined', 'expired']
      WHEN 'need_open' THEN ARRAY['open', 'being_met']
      WHEN 'need_unmet' THEN ARRAY['open', 'unmet']
      WHEN 'module_taking' THEN ARRAY['enabled', 'degraded']
      WHEN 'module_serving' THEN ARRAY['enabled', 'degraded', 'draining']
    END
  $$;
