-- Certificates of delegated OCSP signers (RFC 6960 §4.2.2.2), DER in base64. Several of one authority overlap at a rotation; their
-- private keys are in the secrets store, never here.
CREATE TABLE ocsp_signers (
  certificate TEXT PRIMARY KEY,
  authority TEXT NOT NULL
) STRICT;

-- The newest CRL of each authority. Times are milliseconds since the epoch, whole seconds.
CREATE TABLE revocation_lists (
  authority TEXT PRIMARY KEY,
  number INTEGER NOT NULL, -- CRL number; only ever rises
  this_update INTEGER NOT NULL,
  next_update INTEGER NOT NULL,
  last_revocation INTEGER NOT NULL, -- the highest revocation_order that was there when it was made
  digest TEXT NOT NULL, -- hexadecimal SHA-256 of the list
  list BLOB NOT NULL -- DER
) STRICT;

-- Counts the revocations of an authority in the order in which they reached this table, which is not the order of their times. A
-- CRL knows by it whether anything came since, whoever wrote it: hence triggers.
ALTER TABLE certificates ADD COLUMN revocation_order INTEGER;

UPDATE certificates SET revocation_order = numbered.place
FROM (
  SELECT serial_number, row_number() OVER (PARTITION BY issuer ORDER BY revoked_at, serial_number) AS place
  FROM certificates WHERE revoked_at IS NOT NULL
) AS numbered
WHERE numbered.serial_number = certificates.serial_number;

DROP INDEX certificates_revoked;
CREATE INDEX certificates_revoked ON certificates (issuer, revocation_order) WHERE revoked_at IS NOT NULL;

CREATE TRIGGER certificates_revoked_when_recorded AFTER INSERT ON certificates WHEN NEW.revoked_at IS NOT NULL
BEGIN
  UPDATE certificates SET revocation_order =
    (SELECT coalesce(max(revocation_order), 0) + 1 FROM certificates WHERE issuer = NEW.issuer AND revoked_at IS NOT NULL)
  WHERE serial_number = NEW.serial_number;
END;

CREATE TRIGGER certificates_revoked_later AFTER UPDATE OF revoked_at, reason ON certificates WHEN NEW.revoked_at IS NOT NULL
BEGIN
  UPDATE certificates SET revocation_order =
    (SELECT coalesce(max(revocation_order), 0) + 1 FROM certificates WHERE issuer = NEW.issuer AND revoked_at IS NOT NULL)
  WHERE serial_number = NEW.serial_number;
END;
