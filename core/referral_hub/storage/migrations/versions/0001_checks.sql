-- What no code path may write, whatever its mistake.

ALTER TABLE referral ADD CONSTRAINT referral_state CHECK (state IN (
  'draft', 'sent', 'received', 'accepted', 'waitlisted', 'declined', 'in_service', 'on_hold', 'completed',
  'discontinued', 'withdrawn', 'consent_withdrawn', 'expired', 'entered_in_error'));
ALTER TABLE referral ADD CONSTRAINT referral_urgency CHECK (urgency IN ('normal', 'urgent'));
-- A referral that left the office names the consent it went under and the manifest it was cut to.
ALTER TABLE referral ADD CONSTRAINT referral_sent_under_consent CHECK (
  sent_at IS NULL OR (consent_id IS NOT NULL AND manifest_digest IS NOT NULL AND answer_due_at IS NOT NULL));
ALTER TABLE consent ADD CONSTRAINT consent_state CHECK (state IN ('given', 'refused', 'withdrawn', 'expired', 'replaced'));
ALTER TABLE consent ADD CONSTRAINT consent_basis CHECK (basis IN ('consent', 'application', 'statutory_duty', 'emergency'));
ALTER TABLE consent ADD CONSTRAINT consent_period CHECK (valid_until >= valid_from);
-- A basis other than the client's own word names its article, its reason and who approved it (R10).
ALTER TABLE consent ADD CONSTRAINT consent_basis_explained CHECK (
  basis IN ('consent', 'application')
  OR (basis_article IS NOT NULL AND basis_reason IS NOT NULL AND approver_id IS NOT NULL));
-- Only a release on such a basis is reviewed, by someone and at a time.
ALTER TABLE consent ADD CONSTRAINT consent_review CHECK (
  (reviewed_at IS NULL) = (reviewed_by IS NULL) AND (reviewed_at IS NULL OR approver_id IS NOT NULL));
ALTER TABLE need ADD CONSTRAINT need_state CHECK (state IN ('open', 'being_met', 'met', 'unmet', 'withdrawn'));
ALTER TABLE client_case ADD CONSTRAINT client_case_status CHECK (status IN ('open', 'closed'));
ALTER TABLE reservation ADD CONSTRAINT reservation_state CHECK (state IN ('held', 'taken', 'released', 'lapsed'));
ALTER TABLE reservation ADD CONSTRAINT reservation_hold_ends CHECK (state <> 'held' OR hold_until IS NOT NULL);
ALTER TABLE reservation ADD CONSTRAINT reservation_not_empty CHECK (NOT isempty(during));
ALTER TABLE organisation ADD CONSTRAINT organisation_role CHECK (processor_role IN ('statutory', 'entrusted', 'independent'));
ALTER TABLE organisation ADD CONSTRAINT organisation_status CHECK (status IN ('preparing', 'active', 'suspended'));
-- A recipient is active only with a recorded impact assessment (R41); offices that only send need none.
ALTER TABLE organisation ADD CONSTRAINT organisation_assessed CHECK (
  kind <> 'provider' OR status <> 'active' OR (assessment_reference IS NOT NULL AND assessment_on IS NOT NULL));
ALTER TABLE organisation ADD CONSTRAINT organisation_kind CHECK (kind IN ('office', 'provider', 'civil_affairs', 'operator'));
ALTER TABLE offering ADD CONSTRAINT offering_status CHECK (status IN ('open', 'paused', 'closed'));
ALTER TABLE contract ADD CONSTRAINT contract_period CHECK (ends_on >= starts_on);
ALTER TABLE contract ADD CONSTRAINT contract_receipt CHECK (
  (receipt_how IS NULL) = (receipt_on IS NULL) AND (receipt_on IS NULL OR receipt_on >= ends_on));
ALTER TABLE account ADD CONSTRAINT account_role CHECK (
  role IN ('worker', 'supervisor', 'partner', 'civil', 'admin', 'auditor'));
ALTER TABLE account ADD CONSTRAINT account_status CHECK (status IN ('active', 'closed'));
ALTER TABLE outcome ADD CONSTRAINT outcome_evidence CHECK (evidence IN ('provider', 'document', 'person', 'none'));
-- Only what nobody knows has no evidence, and what nobody knows has none.
ALTER TABLE outcome ADD CONSTRAINT outcome_unknown CHECK ((code = 'unknown') = (evidence = 'none'));
ALTER TABLE follow_up ADD CONSTRAINT follow_up_evidence CHECK (evidence IN ('provider', 'document', 'person'));
ALTER TABLE assistance_entry ADD CONSTRAINT assistance_kind
  CHECK (kind IN ('application', 'granted', 'refused', 'withdrawn', 'payment', 'correction'));
ALTER TABLE assistance_entry ADD CONSTRAINT assistance_amount CHECK (amount_fen >= 0 OR corrects_id IS NOT NULL);
-- Only a decision to grant decides money, only a payment pays it, and each can be corrected.
ALTER TABLE assistance_entry ADD CONSTRAINT assistance_correction CHECK ((kind = 'correction') = (corrects_id IS NOT NULL));
ALTER TABLE assistance_entry ADD CONSTRAINT assistance_payment
  CHECK (CASE kind WHEN 'payment' THEN decision_id IS NOT NULL WHEN 'correction' THEN true ELSE decision_id IS NULL END);
ALTER TABLE assistance_entry ADD CONSTRAINT assistance_application CHECK ((kind = 'application') = (application_id = id));
ALTER TABLE assistance_entry ADD CONSTRAINT assistance_no_money
  CHECK (kind NOT IN ('application', 'refused', 'withdrawn') OR amount_fen = 0);
ALTER TABLE delivery ADD CONSTRAINT delivery_kind CHECK (kind IN ('receive', 'apply', 'withdraw'));
ALTER TABLE delivery ADD CONSTRAINT delivery_state CHECK (state IN ('due', 'done', 'dropped'));
ALTER TABLE form_entry ADD CONSTRAINT form_entry_state CHECK (state IN ('waiting', 'applied', 'returned', 'undone'));
ALTER TABLE service_event ADD CONSTRAINT service_event_quantity CHECK (quantity > 0 OR cancels_id IS NOT NULL);
ALTER TABLE module_fault ADD CONSTRAINT module_fault_what CHECK (what IN ('call', 'news'));
ALTER TABLE module_update ADD CONSTRAINT module_update_state CHECK (state IN ('waiting', 'done', 'refused'));
