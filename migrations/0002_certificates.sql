-- Certification authorities by their short name. Several of one level stay after a rollover: what they issued lives on.
-- The certificate is DER in base64; private keys are in the secrets store, never here.
CREATE TABLE certificate_authorities (
  name TEXT PRIMARY KEY,
  level TEXT CHECK (level IN ('ADVANCED', 'QUALIFIED')),
  certificate TEXT NOT NULL
) STRICT;

-- Every certificate issued to a person, for OCSP and CRL. No names, personal codes or document numbers.
-- Times are milliseconds since the epoch, whole seconds.
CREATE TABLE certificates (
  serial_number TEXT PRIMARY KEY,
  issuer TEXT NOT NULL,
  not_before INTEGER NOT NULL,
  not_after INTEGER NOT NULL,
  revoked_at INTEGER,
  reason TEXT,
  CHECK ((revoked_at IS NULL) = (reason IS NULL))
) STRICT;

-- A CRL lists what one authority revoked.
CREATE INDEX certificates_revoked ON certificates (issuer, revoked_at) WHERE revoked_at IS NOT NULL;
