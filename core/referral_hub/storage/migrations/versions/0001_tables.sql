-- The tables of the hub, as `models.py` of each part describes them; a test compares the two.
CREATE TABLE calendar_day (
  day DATE NOT NULL,
  working BOOLEAN NOT NULL,
  note TEXT,
  PRIMARY KEY (day)
);

CREATE TABLE job_run (
  id UUID NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  job TEXT NOT NULL,
  started_at TIMESTAMP WITH TIME ZONE NOT NULL,
  finished_at TIMESTAMP WITH TIME ZONE,
  done INTEGER NOT NULL,
  problem TEXT,
  PRIMARY KEY (id),
  UNIQUE (job)
);

CREATE TABLE key_probe (
  key TEXT NOT NULL,
  probe BYTEA NOT NULL,
  PRIMARY KEY (key)
);

CREATE TABLE module (
  id UUID NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  key TEXT NOT NULL,
  state TEXT NOT NULL,
  distribution TEXT,
  version TEXT,
  digest TEXT,
  files_digest TEXT,
  isolation TEXT,
  reason JSONB NOT NULL,
  settings BYTEA,
  cursor TEXT,
  failures INTEGER NOT NULL,
  open_until TIMESTAMP WITH TIME ZONE,
  open_seconds INTEGER NOT NULL,
  changed_at TIMESTAMP WITH TIME ZONE NOT NULL,
  PRIMARY KEY (id),
  UNIQUE (key)
);

CREATE TABLE organisation (
  id UUID NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  name TEXT NOT NULL,
  short_name TEXT NOT NULL,
  kind TEXT NOT NULL,
  processor_role TEXT NOT NULL,
  credit_code TEXT,
  area_code TEXT,
  contact_name TEXT,
  phone TEXT,
  status TEXT NOT NULL,
  assessment_reference TEXT,
  assessment_on DATE,
  external_id TEXT,
  PRIMARY KEY (id),
  UNIQUE (credit_code),
  UNIQUE (external_id)
);

CREATE TABLE audit_entry (
  seq BIGINT GENERATED ALWAYS AS IDENTITY,
  at TIMESTAMP WITH TIME ZONE NOT NULL,
  action TEXT NOT NULL,
  account_id UUID,
  organisation_id UUID,
  role TEXT NOT NULL,
  via TEXT NOT NULL,
  subject TEXT NOT NULL,
  subject_id UUID,
  case_id UUID,
  case_ids UUID[],
  office_id UUID,
  referral_id UUID,
  recipient_id UUID,
  reason TEXT,
  details JSONB NOT NULL,
  PRIMARY KEY (seq)
);
CREATE INDEX audit_entry_account ON audit_entry (account_id, at);
CREATE INDEX audit_entry_listed ON audit_entry USING gin (case_ids) WHERE case_ids IS NOT NULL;
CREATE INDEX ix_audit_entry_at ON audit_entry (at);
CREATE INDEX audit_entry_case ON audit_entry (case_id, seq DESC);
CREATE INDEX audit_entry_referral ON audit_entry (referral_id, seq DESC);

CREATE TABLE seal (
  number BIGSERIAL NOT NULL,
  first_seq BIGINT NOT NULL,
  last_seq BIGINT NOT NULL,
  rows INTEGER NOT NULL,
  root BYTEA NOT NULL,
  leaves BYTEA NOT NULL,
  chained BYTEA NOT NULL,
  sealed_at TIMESTAMP WITH TIME ZONE NOT NULL,
  PRIMARY KEY (number)
);

CREATE TABLE account (
  id UUID NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  organisation_id UUID NOT NULL,
  login TEXT NOT NULL,
  name TEXT NOT NULL,
  role TEXT NOT NULL,
  statutory BOOLEAN NOT NULL,
  phone TEXT,
  language TEXT NOT NULL,
  password_hash TEXT,
  must_change_password BOOLEAN NOT NULL,
  totp_secret BYTEA,
  status TEXT NOT NULL,
  failures INTEGER NOT NULL,
  failed_at TIMESTAMP WITH TIME ZONE,
  locked_until TIMESTAMP WITH TIME ZONE,
  signed_in_at TIMESTAMP WITH TIME ZONE,
  PRIMARY KEY (id),
  FOREIGN KEY(organisation_id) REFERENCES organisation (id),
  UNIQUE (login)
);
CREATE INDEX ix_account_organisation_id ON account (organisation_id);

CREATE TABLE contract (
  id UUID NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  number TEXT NOT NULL,
  title TEXT NOT NULL,
  purchaser_id UUID NOT NULL,
  provider_id UUID NOT NULL,
  purpose TEXT NOT NULL,
  categories TEXT[] NOT NULL,
  safeguards TEXT NOT NULL,
  starts_on DATE NOT NULL,
  ends_on DATE NOT NULL,
  amount_fen BIGINT,
  targets JSONB NOT NULL,
  receipt_how TEXT,
  receipt_on DATE,
  receipt_by UUID,
  PRIMARY KEY (id),
  UNIQUE (number),
  FOREIGN KEY(receipt_by) REFERENCES account (id),
  FOREIGN KEY(purchaser_id) REFERENCES organisation (id),
  FOREIGN KEY(provider_id) REFERENCES organisation (id)
);
CREATE INDEX ix_contract_provider_id ON contract (provider_id);

CREATE TABLE fund (
  id UUID NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  organisation_id UUID NOT NULL,
  name TEXT NOT NULL,
  source TEXT NOT NULL,
  year INTEGER NOT NULL,
  budget_fen BIGINT NOT NULL,
  closed_on DATE,
  PRIMARY KEY (id),
  UNIQUE (organisation_id, year, name),
  FOREIGN KEY(organisation_id) REFERENCES organisation (id)
);
CREATE INDEX ix_fund_organisation_id ON fund (organisation_id);

CREATE TABLE person (
  id UUID NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  office_id UUID NOT NULL,
  name BYTEA NOT NULL,
  aliases BYTEA,
  display_name BYTEA,
  id_number BYTEA,
  phone BYTEA,
  contact_note BYTEA,
  address BYTEA,
  registered_address BYTEA,
  household_number BYTEA,
  guardian BYTEA,
  name_index BYTEA,
  id_index BYTEA,
  phone_index BYTEA,
  household_index BYTEA,
  sex TEXT NOT NULL,
  birth_year INTEGER,
  PRIMARY KEY (id),
  FOREIGN KEY(office_id) REFERENCES organisation (id)
);
CREATE INDEX ix_person_household_index ON person (household_index);
CREATE INDEX ix_person_id_index ON person (id_index);
CREATE INDEX ix_person_name_index ON person (name_index);
CREATE INDEX ix_person_office_id ON person (office_id);
CREATE INDEX ix_person_phone_index ON person (phone_index);

CREATE TABLE api_token (
  id UUID NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  account_id UUID NOT NULL,
  name TEXT NOT NULL,
  prefix TEXT NOT NULL,
  secret_hash BYTEA NOT NULL,
  scope TEXT[] NOT NULL,
  ends_at TIMESTAMP WITH TIME ZONE NOT NULL,
  used_at TIMESTAMP WITH TIME ZONE,
  revoked_at TIMESTAMP WITH TIME ZONE,
  PRIMARY KEY (id),
  FOREIGN KEY(account_id) REFERENCES account (id),
  UNIQUE (secret_hash)
);
CREATE INDEX ix_api_token_account_id ON api_token (account_id);

CREATE TABLE client_case (
  id UUID NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  person_id UUID NOT NULL,
  office_id UUID NOT NULL,
  number TEXT NOT NULL,
  responsible_id UUID NOT NULL,
  status TEXT NOT NULL,
  opened_on DATE NOT NULL,
  closed_on DATE,
  closing_reason TEXT,
  planned_release_on DATE,
  area_code TEXT,
  profile BYTEA,
  version INTEGER NOT NULL,
  PRIMARY KEY (id),
  FOREIGN KEY(person_id) REFERENCES person (id),
  FOREIGN KEY(office_id) REFERENCES organisation (id),
  UNIQUE (number),
  FOREIGN KEY(responsible_id) REFERENCES account (id)
);
CREATE INDEX client_case_office ON client_case (office_id, id);
CREATE INDEX client_case_served ON client_case (office_id, id) WHERE status <> 'closed';
CREATE INDEX client_case_responsible ON client_case (responsible_id, id);
CREATE INDEX ix_client_case_person_id ON client_case (person_id);

CREATE TABLE module_event (
  id UUID NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  key TEXT NOT NULL,
  before TEXT,
  after TEXT NOT NULL,
  by_id UUID,
  by_name TEXT NOT NULL,
  reason TEXT NOT NULL,
  PRIMARY KEY (id),
  FOREIGN KEY(by_id) REFERENCES account (id)
);
CREATE INDEX ix_module_event_key ON module_event (key);

CREATE TABLE module_manifest (
  id UUID NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  key TEXT NOT NULL,
  digest TEXT NOT NULL,
  version TEXT NOT NULL,
  content JSONB NOT NULL,
  approved_by UUID,
  approved_at TIMESTAMP WITH TIME ZONE NOT NULL,
  PRIMARY KEY (id),
  UNIQUE (digest),
  FOREIGN KEY(approved_by) REFERENCES account (id)
);
CREATE INDEX ix_module_manifest_key ON module_manifest (key);

CREATE TABLE module_fault (
  id UUID NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  key TEXT NOT NULL,
  what TEXT NOT NULL,
  code TEXT NOT NULL,
  zh TEXT NOT NULL,
  en TEXT NOT NULL,
  detail TEXT NOT NULL,
  times INTEGER NOT NULL,
  last_at TIMESTAMP WITH TIME ZONE NOT NULL,
  PRIMARY KEY (id)
);
CREATE INDEX ix_module_fault_key ON module_fault (key);

CREATE TABLE module_check (
  id UUID NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  key TEXT NOT NULL,
  files_digest TEXT NOT NULL,
  version TEXT NOT NULL,
  passed BOOLEAN NOT NULL,
  isolation TEXT NOT NULL,
  results JSONB NOT NULL,
  by_name TEXT NOT NULL,
  PRIMARY KEY (id)
);
CREATE INDEX ix_module_check_key ON module_check (key);

CREATE TABLE module_approval (
  id UUID NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  key TEXT NOT NULL,
  digest TEXT NOT NULL,
  files_digest TEXT NOT NULL,
  version TEXT NOT NULL,
  isolation TEXT NOT NULL,
  assessment_reference TEXT,
  assessment_on DATE,
  check_id UUID,
  by_id UUID,
  by_name TEXT NOT NULL,
  reason TEXT NOT NULL,
  PRIMARY KEY (id),
  FOREIGN KEY(check_id) REFERENCES module_check (id),
  FOREIGN KEY(by_id) REFERENCES account (id)
);
CREATE INDEX ix_module_approval_key ON module_approval (key);

CREATE TABLE offering (
  id UUID NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  organisation_id UUID NOT NULL,
  module_key TEXT NOT NULL,
  service_key TEXT NOT NULL,
  title TEXT NOT NULL,
  area_codes TEXT[] NOT NULL,
  languages TEXT[] NOT NULL,
  hours TEXT,
  phone TEXT,
  description TEXT,
  eligibility JSONB NOT NULL,
  settings JSONB NOT NULL,
  status TEXT NOT NULL,
  answer_days INTEGER,
  contact_days INTEGER,
  offer_hours INTEGER,
  capacity_confirmed_at TIMESTAMP WITH TIME ZONE,
  external_id TEXT,
  PRIMARY KEY (id),
  FOREIGN KEY(organisation_id) REFERENCES organisation (id),
  UNIQUE (external_id)
);
CREATE INDEX ix_offering_organisation_id ON offering (organisation_id);
CREATE INDEX ix_offering_service_key ON offering (service_key);

CREATE TABLE contract_offering (
  id UUID NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  contract_id UUID NOT NULL,
  offering_id UUID NOT NULL,
  PRIMARY KEY (id),
  UNIQUE (contract_id, offering_id),
  FOREIGN KEY(contract_id) REFERENCES contract (id),
  FOREIGN KEY(offering_id) REFERENCES offering (id)
);
CREATE INDEX ix_contract_offering_offering_id ON contract_offering (offering_id);

CREATE TABLE idempotency_key (
  id UUID NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  account_id UUID NOT NULL,
  key TEXT NOT NULL,
  action TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  answer JSONB NOT NULL,
  PRIMARY KEY (id),
  UNIQUE (account_id, key),
  FOREIGN KEY(account_id) REFERENCES account (id)
);

CREATE TABLE web_session (
  id UUID NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  account_id UUID NOT NULL,
  secret_hash BYTEA NOT NULL,
  seen_at TIMESTAMP WITH TIME ZONE NOT NULL,
  ends_at TIMESTAMP WITH TIME ZONE NOT NULL,
  PRIMARY KEY (id),
  FOREIGN KEY(account_id) REFERENCES account (id),
  UNIQUE (secret_hash)
);
CREATE INDEX ix_web_session_account_id ON web_session (account_id);
CREATE INDEX ix_web_session_ends_at ON web_session (ends_at);

CREATE TABLE care_team_member (
  id UUID NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  case_id UUID NOT NULL,
  account_id UUID NOT NULL,
  part TEXT NOT NULL,
  since DATE NOT NULL,
  until DATE,
  PRIMARY KEY (id),
  UNIQUE (case_id, account_id),
  FOREIGN KEY(case_id) REFERENCES client_case (id),
  FOREIGN KEY(account_id) REFERENCES account (id)
);
CREATE INDEX ix_care_team_member_account_id ON care_team_member (account_id);

CREATE TABLE case_note (
  id UUID NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  case_id UUID NOT NULL,
  office_id UUID NOT NULL,
  by_id UUID NOT NULL,
  happened_on DATE NOT NULL,
  kind TEXT NOT NULL,
  words BYTEA NOT NULL,
  PRIMARY KEY (id),
  FOREIGN KEY(case_id) REFERENCES client_case (id),
  FOREIGN KEY(office_id) REFERENCES organisation (id),
  FOREIGN KEY(by_id) REFERENCES account (id)
);
CREATE INDEX ix_case_note_case_id ON case_note (case_id);

CREATE TABLE measure (
  id UUID NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  case_id UUID NOT NULL,
  office_id UUID NOT NULL,
  content BYTEA NOT NULL,
  PRIMARY KEY (id),
  FOREIGN KEY(case_id) REFERENCES client_case (id),
  FOREIGN KEY(office_id) REFERENCES organisation (id)
);
CREATE INDEX ix_measure_case_id ON measure (case_id);

CREATE TABLE need (
  id UUID NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  case_id UUID NOT NULL,
  office_id UUID NOT NULL,
  kind TEXT NOT NULL,
  words BYTEA NOT NULL,
  priority INTEGER NOT NULL,
  state TEXT NOT NULL,
  ended_on DATE,
  PRIMARY KEY (id),
  FOREIGN KEY(case_id) REFERENCES client_case (id),
  FOREIGN KEY(office_id) REFERENCES organisation (id)
);
CREATE INDEX ix_need_case_id ON need (case_id);
CREATE INDEX ix_need_office_id ON need (office_id);
CREATE INDEX ix_need_state ON need (state);

CREATE TABLE notice (
  id UUID NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  person_id UUID NOT NULL,
  case_id UUID NOT NULL,
  office_id UUID NOT NULL,
  recipient_id UUID NOT NULL,
  purpose TEXT NOT NULL,
  categories TEXT[] NOT NULL,
  method TEXT NOT NULL,
  keep_until DATE NOT NULL,
  language TEXT NOT NULL,
  template_version TEXT NOT NULL,
  template_hash TEXT NOT NULL,
  given_at TIMESTAMP WITH TIME ZONE NOT NULL,
  given_by UUID NOT NULL,
  read_aloud BOOLEAN NOT NULL,
  PRIMARY KEY (id),
  FOREIGN KEY(person_id) REFERENCES person (id),
  FOREIGN KEY(case_id) REFERENCES client_case (id),
  FOREIGN KEY(office_id) REFERENCES organisation (id),
  FOREIGN KEY(recipient_id) REFERENCES organisation (id),
  FOREIGN KEY(given_by) REFERENCES account (id)
);
CREATE INDEX ix_notice_case_id ON notice (case_id);

CREATE TABLE place (
  id UUID NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  number BIGINT GENERATED ALWAYS AS IDENTITY,
  offering_id UUID NOT NULL,
  label TEXT NOT NULL,
  group_label TEXT NOT NULL,
  sex TEXT,
  attributes JSONB NOT NULL,
  starts_on DATE,
  ends_on DATE,
  out_of_service BOOLEAN NOT NULL,
  PRIMARY KEY (id),
  UNIQUE (offering_id, group_label, label),
  UNIQUE (number),
  FOREIGN KEY(offering_id) REFERENCES offering (id)
);
CREATE INDEX ix_place_offering_id ON place (offering_id);

CREATE TABLE consent (
  id UUID NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  person_id UUID NOT NULL,
  case_id UUID NOT NULL,
  office_id UUID NOT NULL,
  recipient_id UUID NOT NULL,
  purpose TEXT NOT NULL,
  number TEXT NOT NULL,
  version INTEGER NOT NULL,
  state TEXT NOT NULL,
  basis TEXT NOT NULL,
  basis_article TEXT,
  basis_reason BYTEA,
  approver_id UUID,
  reviewed_at TIMESTAMP WITH TIME ZONE,
  reviewed_by UUID,
  categories TEXT[] NOT NULL,
  fields TEXT[] NOT NULL,
  notice_id UUID NOT NULL,
  method TEXT NOT NULL,
  signed_how TEXT,
  signer TEXT NOT NULL,
  signer_relation TEXT,
  witness BYTEA,
  paper_reference TEXT,
  asked_by_client BOOLEAN NOT NULL,
  answered_at TIMESTAMP WITH TIME ZONE NOT NULL,
  taken_by UUID NOT NULL,
  valid_from DATE NOT NULL,
  valid_until DATE NOT NULL,
  ended_at TIMESTAMP WITH TIME ZONE,
  ended_how TEXT,
  PRIMARY KEY (id),
  FOREIGN KEY(person_id) REFERENCES person (id),
  FOREIGN KEY(case_id) REFERENCES client_case (id),
  FOREIGN KEY(office_id) REFERENCES organisation (id),
  FOREIGN KEY(recipient_id) REFERENCES organisation (id),
  UNIQUE (number),
  FOREIGN KEY(approver_id) REFERENCES account (id),
  FOREIGN KEY(reviewed_by) REFERENCES account (id),
  FOREIGN KEY(notice_id) REFERENCES notice (id),
  FOREIGN KEY(taken_by) REFERENCES account (id)
);
CREATE INDEX consent_ending ON consent (valid_until) WHERE state = 'given';
CREATE UNIQUE INDEX consent_in_force ON consent (person_id, recipient_id, purpose) WHERE state = 'given';
CREATE INDEX consent_released ON consent (office_id, answered_at) WHERE approver_id IS NOT NULL;
CREATE INDEX ix_consent_case_id ON consent (case_id);
CREATE INDEX ix_consent_office_id ON consent (office_id);

CREATE TABLE plan_item (
  id UUID NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  case_id UUID NOT NULL,
  office_id UUID NOT NULL,
  need_id UUID,
  owner_id UUID NOT NULL,
  goal BYTEA NOT NULL,
  due_on DATE NOT NULL,
  done_on DATE,
  PRIMARY KEY (id),
  FOREIGN KEY(case_id) REFERENCES client_case (id),
  FOREIGN KEY(office_id) REFERENCES organisation (id),
  FOREIGN KEY(need_id) REFERENCES need (id),
  FOREIGN KEY(owner_id) REFERENCES account (id)
);
CREATE INDEX ix_plan_item_case_id ON plan_item (case_id);
CREATE INDEX ix_plan_item_owner_id ON plan_item (owner_id);

CREATE TABLE referral (
  id UUID NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  number TEXT NOT NULL,
  case_id UUID NOT NULL,
  office_id UUID NOT NULL,
  need_id UUID NOT NULL,
  offering_id UUID NOT NULL,
  recipient_id UUID NOT NULL,
  module_key TEXT NOT NULL,
  module_ref TEXT,
  service_key TEXT NOT NULL,
  manifest_digest TEXT,
  consent_id UUID,
  previous_id UUID,
  asked_again TEXT,
  excepted TEXT[] NOT NULL,
  exception_reason BYTEA,
  exception_by_id UUID,
  state TEXT NOT NULL,
  stage TEXT,
  urgency TEXT NOT NULL,
  sender_id UUID NOT NULL,
  owner_id UUID,
  sent_at TIMESTAMP WITH TIME ZONE,
  received_at TIMESTAMP WITH TIME ZONE,
  answer_due_at TIMESTAMP WITH TIME ZONE,
  answered_at TIMESTAMP WITH TIME ZONE,
  first_contact_due_at TIMESTAMP WITH TIME ZONE,
  first_contact_at TIMESTAMP WITH TIME ZONE,
  progress_due_at TIMESTAMP WITH TIME ZONE,
  started_at TIMESTAMP WITH TIME ZONE,
  ended_at TIMESTAMP WITH TIME ZONE,
  outcome_due_at TIMESTAMP WITH TIME ZONE,
  overdue_since TIMESTAMP WITH TIME ZONE,
  reason_code TEXT,
  reason_note BYTEA,
  expected_on DATE,
  queued_at TIMESTAMP WITH TIME ZONE,
  offer_until TIMESTAMP WITH TIME ZONE,
  offers_missed INTEGER NOT NULL,
  flags TEXT[] NOT NULL,
  waiting_since TIMESTAMP WITH TIME ZONE,
  client_confirmation TEXT,
  client_satisfaction TEXT,
  satisfaction_on DATE,
  earlier JSONB,
  version INTEGER NOT NULL,
  PRIMARY KEY (id),
  UNIQUE (number),
  FOREIGN KEY(case_id) REFERENCES client_case (id),
  FOREIGN KEY(office_id) REFERENCES organisation (id),
  FOREIGN KEY(need_id) REFERENCES need (id),
  FOREIGN KEY(offering_id) REFERENCES offering (id),
  FOREIGN KEY(recipient_id) REFERENCES organisation (id),
  FOREIGN KEY(consent_id) REFERENCES consent (id),
  FOREIGN KEY(previous_id) REFERENCES referral (id),
  FOREIGN KEY(exception_by_id) REFERENCES account (id),
  FOREIGN KEY(sender_id) REFERENCES account (id),
  FOREIGN KEY(owner_id) REFERENCES account (id)
);
CREATE INDEX ix_referral_case_id ON referral (case_id);
CREATE INDEX ix_referral_consent_id ON referral (consent_id);
CREATE INDEX ix_referral_need_id ON referral (need_id);
CREATE INDEX ix_referral_sender_id ON referral (sender_id);
CREATE INDEX referral_inbox ON referral (recipient_id, state, answer_due_at);
CREATE INDEX referral_office ON referral (office_id, state);
CREATE INDEX referral_offering ON referral (offering_id, sent_at);
CREATE INDEX referral_waiting ON referral (offering_id) WHERE state = 'waitlisted';

CREATE TABLE assistance_entry (
  id UUID NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  organisation_id UUID NOT NULL,
  office_id UUID,
  referral_id UUID,
  case_id UUID,
  application_id UUID NOT NULL,
  decision_id UUID,
  corrects_id UUID,
  fund_id UUID,
  kind TEXT NOT NULL,
  happened_on DATE NOT NULL,
  type TEXT NOT NULL,
  source TEXT NOT NULL,
  hardship TEXT,
  reason TEXT,
  quantity NUMERIC(12, 2) NOT NULL,
  unit TEXT NOT NULL,
  amount_fen BIGINT NOT NULL,
  applied_on DATE NOT NULL,
  investigated_on DATE,
  investigator TEXT,
  notice_from DATE,
  notice_to DATE,
  period DATERANGE,
  advance BOOLEAN NOT NULL,
  pay_way TEXT,
  voucher TEXT,
  area_code TEXT,
  household_size INTEGER,
  applicant BYTEA,
  person_index BYTEA,
  household_index BYTEA,
  evidence TEXT NOT NULL,
  note BYTEA,
  entered_by UUID,
  PRIMARY KEY (id),
  FOREIGN KEY(organisation_id) REFERENCES organisation (id),
  FOREIGN KEY(office_id) REFERENCES organisation (id),
  FOREIGN KEY(referral_id) REFERENCES referral (id),
  FOREIGN KEY(case_id) REFERENCES client_case (id),
  FOREIGN KEY(application_id) REFERENCES assistance_entry (id),
  FOREIGN KEY(decision_id) REFERENCES assistance_entry (id),
  FOREIGN KEY(corrects_id) REFERENCES assistance_entry (id),
  FOREIGN KEY(fund_id) REFERENCES fund (id),
  FOREIGN KEY(entered_by) REFERENCES account (id)
);
CREATE INDEX assistance_double ON assistance_entry (household_index, type);
CREATE INDEX assistance_month ON assistance_entry (organisation_id, happened_on);
CREATE INDEX ix_assistance_entry_application_id ON assistance_entry (application_id);
CREATE INDEX ix_assistance_entry_fund_id ON assistance_entry (fund_id);
CREATE INDEX ix_assistance_entry_office_id ON assistance_entry (office_id);
CREATE INDEX ix_assistance_entry_referral_id ON assistance_entry (referral_id);

CREATE TABLE disclosure (
  id UUID NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  referral_id UUID NOT NULL,
  case_id UUID NOT NULL,
  office_id UUID NOT NULL,
  recipient_id UUID NOT NULL,
  content BYTEA NOT NULL,
  fields TEXT[] NOT NULL,
  categories TEXT[] NOT NULL,
  consent_id UUID NOT NULL,
  consent_version INTEGER NOT NULL,
  manifest_digest TEXT NOT NULL,
  basis TEXT NOT NULL,
  released_at TIMESTAMP WITH TIME ZONE NOT NULL,
  released_by UUID NOT NULL,
  access_ended_at TIMESTAMP WITH TIME ZONE,
  PRIMARY KEY (id),
  FOREIGN KEY(referral_id) REFERENCES referral (id),
  FOREIGN KEY(case_id) REFERENCES client_case (id),
  FOREIGN KEY(office_id) REFERENCES organisation (id),
  FOREIGN KEY(recipient_id) REFERENCES organisation (id),
  FOREIGN KEY(consent_id) REFERENCES consent (id),
  FOREIGN KEY(released_by) REFERENCES account (id)
);
CREATE INDEX ix_disclosure_case_id ON disclosure (case_id);
CREATE INDEX ix_disclosure_recipient_id ON disclosure (recipient_id);
CREATE INDEX ix_disclosure_referral_id ON disclosure (referral_id);

CREATE TABLE task (
  id UUID NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  kind TEXT NOT NULL,
  organisation_id UUID NOT NULL,
  office_id UUID NOT NULL,
  referral_id UUID,
  consent_id UUID,
  case_id UUID,
  need_id UUID,
  account_id UUID,
  next_step BOOLEAN NOT NULL DEFAULT false,
  opened_how TEXT,
  due_at TIMESTAMP WITH TIME ZONE NOT NULL,
  step TEXT,
  escalate_at TIMESTAMP WITH TIME ZONE,
  done_at TIMESTAMP WITH TIME ZONE,
  done_by UUID,
  done_how TEXT,
  PRIMARY KEY (id),
  FOREIGN KEY(organisation_id) REFERENCES organisation (id),
  FOREIGN KEY(office_id) REFERENCES organisation (id),
  FOREIGN KEY(referral_id) REFERENCES referral (id),
  FOREIGN KEY(consent_id) REFERENCES consent (id),
  FOREIGN KEY(case_id) REFERENCES client_case (id),
  FOREIGN KEY(need_id) REFERENCES need (id),
  FOREIGN KEY(account_id) REFERENCES account (id),
  FOREIGN KEY(done_by) REFERENCES account (id)
);
CREATE INDEX task_open ON task (organisation_id, due_at) WHERE done_at IS NULL;
CREATE INDEX task_next ON task (office_id, due_at) WHERE next_step AND done_at IS NULL;
CREATE INDEX task_escalate ON task (escalate_at) WHERE escalate_at IS NOT NULL AND done_at IS NULL;
CREATE UNIQUE INDEX task_escalated_once ON task (referral_id, kind)
  WHERE kind IN ('answer_reminder', 'answer_overdue', 'answer_escalated') AND done_at IS NULL;
CREATE INDEX ix_task_case_id ON task (case_id);
CREATE INDEX ix_task_need_id ON task (need_id);
CREATE INDEX ix_task_account_id ON task (account_id);
CREATE INDEX ix_task_referral_id ON task (referral_id);

CREATE TABLE follow_up (
  id UUID NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  referral_id UUID NOT NULL,
  case_id UUID NOT NULL,
  office_id UUID NOT NULL,
  recipient_id UUID NOT NULL,
  service_key TEXT NOT NULL,
  months INTEGER NOT NULL,
  due_on DATE NOT NULL,
  done_on DATE,
  answer TEXT,
  note BYTEA,
  by_id UUID,
  evidence TEXT NOT NULL,
  called_off_at TIMESTAMP WITH TIME ZONE,
  PRIMARY KEY (id),
  UNIQUE (referral_id, months),
  FOREIGN KEY(referral_id) REFERENCES referral (id),
  FOREIGN KEY(case_id) REFERENCES client_case (id),
  FOREIGN KEY(office_id) REFERENCES organisation (id),
  FOREIGN KEY(recipient_id) REFERENCES organisation (id),
  FOREIGN KEY(by_id) REFERENCES account (id)
);
CREATE INDEX follow_up_due ON follow_up (due_on) WHERE done_on IS NULL AND called_off_at IS NULL;
CREATE INDEX ix_follow_up_case_id ON follow_up (case_id);

CREATE TABLE form_entry (
  id UUID NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  referral_id UUID NOT NULL,
  recipient_id UUID NOT NULL,
  form TEXT NOT NULL,
  stage TEXT,
  happened_on DATE NOT NULL,
  content BYTEA NOT NULL,
  by_id UUID,
  state TEXT NOT NULL,
  problems JSONB NOT NULL,
  applied_at TIMESTAMP WITH TIME ZONE,
  PRIMARY KEY (id),
  FOREIGN KEY(referral_id) REFERENCES referral (id),
  FOREIGN KEY(recipient_id) REFERENCES organisation (id),
  FOREIGN KEY(by_id) REFERENCES account (id)
);
CREATE INDEX ix_form_entry_recipient_id ON form_entry (recipient_id);
CREATE INDEX ix_form_entry_referral_id ON form_entry (referral_id);

CREATE TABLE request_details (
  id UUID NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  referral_id UUID NOT NULL,
  case_id UUID NOT NULL,
  office_id UUID NOT NULL,
  content BYTEA NOT NULL,
  PRIMARY KEY (id),
  UNIQUE (referral_id),
  FOREIGN KEY(referral_id) REFERENCES referral (id),
  FOREIGN KEY(case_id) REFERENCES client_case (id),
  FOREIGN KEY(office_id) REFERENCES organisation (id)
);
CREATE INDEX ix_request_details_case_id ON request_details (case_id);

CREATE TABLE module_document (
  id UUID NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  module_key TEXT NOT NULL,
  referral_id UUID,
  offering_id UUID,
  name TEXT NOT NULL,
  content BYTEA NOT NULL,
  former BYTEA,
  version INTEGER NOT NULL,
  updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
  PRIMARY KEY (id),
  UNIQUE NULLS NOT DISTINCT (module_key, referral_id, offering_id, name),
  FOREIGN KEY(referral_id) REFERENCES referral (id),
  FOREIGN KEY(offering_id) REFERENCES offering (id)
);
CREATE INDEX ix_module_document_offering_id ON module_document (offering_id);
CREATE INDEX ix_module_document_referral_id ON module_document (referral_id);

CREATE TABLE module_update (
  id UUID NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  module_key TEXT NOT NULL,
  update_id TEXT NOT NULL,
  referral_id UUID,
  state TEXT NOT NULL,
  attempts INTEGER NOT NULL,
  problem TEXT,
  content BYTEA,
  PRIMARY KEY (id),
  UNIQUE (module_key, update_id),
  FOREIGN KEY(referral_id) REFERENCES referral (id)
);

CREATE TABLE outcome (
  id UUID NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  referral_id UUID NOT NULL,
  case_id UUID NOT NULL,
  office_id UUID NOT NULL,
  recipient_id UUID NOT NULL,
  service_key TEXT NOT NULL,
  code TEXT NOT NULL,
  measures JSONB NOT NULL,
  evidence TEXT NOT NULL,
  note BYTEA,
  no_event_reason TEXT,
  given_on DATE NOT NULL,
  entered_by UUID,
  replaced_at TIMESTAMP WITH TIME ZONE,
  PRIMARY KEY (id),
  FOREIGN KEY(referral_id) REFERENCES referral (id),
  FOREIGN KEY(case_id) REFERENCES client_case (id),
  FOREIGN KEY(office_id) REFERENCES organisation (id),
  FOREIGN KEY(recipient_id) REFERENCES organisation (id),
  FOREIGN KEY(entered_by) REFERENCES account (id)
);
CREATE INDEX ix_outcome_referral_id ON outcome (referral_id);

CREATE TABLE reservation (
  id UUID NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  place_number BIGINT NOT NULL,
  referral_id UUID NOT NULL,
  need_id UUID NOT NULL,
  office_id UUID NOT NULL,
  recipient_id UUID NOT NULL,
  during DATERANGE NOT NULL,
  state TEXT NOT NULL,
  hold_until TIMESTAMP WITH TIME ZONE,
  ended_at TIMESTAMP WITH TIME ZONE,
  PRIMARY KEY (id),
  CONSTRAINT place_held_once EXCLUDE USING gist (int8range(place_number, place_number, '[]') WITH &&, during WITH &&) WHERE (state IN ('held', 'taken')),
  FOREIGN KEY(place_number) REFERENCES place (number),
  FOREIGN KEY(referral_id) REFERENCES referral (id),
  FOREIGN KEY(need_id) REFERENCES need (id),
  FOREIGN KEY(office_id) REFERENCES organisation (id),
  FOREIGN KEY(recipient_id) REFERENCES organisation (id)
);
CREATE INDEX ix_reservation_recipient_id ON reservation (recipient_id);
CREATE INDEX ix_reservation_referral_id ON reservation (referral_id);
CREATE INDEX reservation_holds ON reservation (hold_until) WHERE state = 'held';
CREATE UNIQUE INDEX reservation_need ON reservation (need_id) WHERE state IN ('held', 'taken');
CREATE INDEX reservation_place ON reservation (place_number) WHERE state IN ('held', 'taken');

CREATE TABLE delivery (
  id UUID NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  referral_id UUID NOT NULL,
  module_key TEXT NOT NULL,
  kind TEXT NOT NULL,
  entry_id UUID,
  state TEXT NOT NULL,
  attempts INTEGER NOT NULL,
  due_at TIMESTAMP WITH TIME ZONE NOT NULL,
  failed_since TIMESTAMP WITH TIME ZONE,
  problem TEXT,
  done_at TIMESTAMP WITH TIME ZONE,
  PRIMARY KEY (id),
  FOREIGN KEY(referral_id) REFERENCES referral (id),
  FOREIGN KEY(entry_id) REFERENCES form_entry (id)
);
CREATE INDEX delivery_due ON delivery (due_at) WHERE state = 'due';
CREATE INDEX delivery_referral ON delivery (referral_id);

CREATE TABLE service_event (
  id UUID NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  referral_id UUID NOT NULL,
  case_id UUID NOT NULL,
  office_id UUID NOT NULL,
  recipient_id UUID NOT NULL,
  service_key TEXT NOT NULL,
  happened_on DATE NOT NULL,
  unit TEXT NOT NULL,
  quantity NUMERIC(12, 2) NOT NULL,
  kind TEXT,
  entry_id UUID,
  entered_by UUID,
  entered_at TIMESTAMP WITH TIME ZONE NOT NULL,
  cancels_id UUID,
  PRIMARY KEY (id),
  FOREIGN KEY(referral_id) REFERENCES referral (id),
  FOREIGN KEY(case_id) REFERENCES client_case (id),
  FOREIGN KEY(office_id) REFERENCES organisation (id),
  FOREIGN KEY(recipient_id) REFERENCES organisation (id),
  FOREIGN KEY(entry_id) REFERENCES form_entry (id),
  FOREIGN KEY(entered_by) REFERENCES account (id),
  FOREIGN KEY(cancels_id) REFERENCES service_event (id)
);
CREATE INDEX ix_service_event_referral_id ON service_event (referral_id);
CREATE INDEX service_event_month ON service_event (service_key, happened_on);
