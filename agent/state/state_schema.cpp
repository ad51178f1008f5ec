#include "agent/state/state_schema.h"

#include <array>

namespace edgeseal::agent {

namespace {

constexpr std::array migrations = {
    R"sql(
      CREATE TABLE fact(name TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT;
      CREATE TABLE application(
        name TEXT PRIMARY KEY, application_uri TEXT NOT NULL, account TEXT NOT NULL,
        access TEXT NOT NULL,      -- one rule a line
        slots TEXT NOT NULL,       -- one declaration a line
        origin TEXT NOT NULL) STRICT;
      CREATE TABLE key(
        id BLOB PRIMARY KEY,       -- SHA-256 of public_key
        application TEXT NOT NULL REFERENCES application(name) ON DELETE CASCADE,
        certificate_group TEXT NOT NULL, certificate_type TEXT NOT NULL, algorithm TEXT NOT NULL,
        status INTEGER NOT NULL CHECK (status IN (1, 2, 3)),
        public_key BLOB NOT NULL, tss_private_key BLOB NOT NULL, auth BLOB NOT NULL,
        retired_at INTEGER NOT NULL DEFAULT 0) STRICT;   -- seconds since 1970
      CREATE UNIQUE INDEX key_of_slot ON key(application, certificate_group, certificate_type, status) WHERE status IN (1, 2);
      CREATE INDEX key_retired ON key(retired_at) WHERE status = 3;
      CREATE TABLE certificate(
        key_id BLOB PRIMARY KEY REFERENCES key(id) ON DELETE CASCADE, certificate BLOB NOT NULL) STRICT;
      CREATE TABLE issuer(
        key_id BLOB NOT NULL REFERENCES certificate(key_id) ON DELETE CASCADE, position INTEGER NOT NULL,
        certificate BLOB NOT NULL, PRIMARY KEY (key_id, position)) STRICT;
      CREATE TABLE unpublished(    -- groups whose published directory is behind the state
        application TEXT NOT NULL, certificate_group TEXT NOT NULL, PRIMARY KEY (application, certificate_group)) STRICT;
    )sql",
    R"sql(
      ALTER TABLE application ADD COLUMN legacy TEXT NOT NULL DEFAULT '';                -- one use a line
      ALTER TABLE key ADD COLUMN protection TEXT NOT NULL DEFAULT 'tpm';
      ALTER TABLE key ADD COLUMN exposed INTEGER NOT NULL DEFAULT 0 CHECK (exposed IN (0, 1));
      ALTER TABLE key ADD COLUMN pcrs INTEGER NOT NULL DEFAULT 0;
      ALTER TABLE key ADD COLUMN policy INTEGER NOT NULL DEFAULT 0 CHECK (policy IN (0, 1, 2));
      ALTER TABLE key ADD COLUMN ciphertext BLOB NOT NULL DEFAULT x'';                   -- of a sealed key
      CREATE TABLE next_object(    -- what opens a sealed key after an update
        key_id BLOB PRIMARY KEY REFERENCES key(id) ON DELETE CASCADE,
        tss_private_key BLOB NOT NULL, auth BLOB NOT NULL) STRICT;
      CREATE TABLE spare_key(      -- made ahead
        public_key BLOB PRIMARY KEY, algorithm TEXT NOT NULL, tss_private_key BLOB NOT NULL, auth BLOB NOT NULL) STRICT;
      CREATE TABLE pcr_approval(
        authority BLOB NOT NULL, pcrs INTEGER NOT NULL, pcr_digest BLOB NOT NULL, signature BLOB NOT NULL,
        PRIMARY KEY (authority, pcrs, pcr_digest)) STRICT;
    )sql",
    R"sql(
      ALTER TABLE key ADD COLUMN last_use INTEGER NOT NULL DEFAULT 0;                    -- of a retired one; as retired_at
      UPDATE key SET retired_at = min(retired_at, CAST(strftime('%s', 'now') AS INTEGER)) WHERE status = 3;
      UPDATE key SET last_use = retired_at WHERE status = 3;
      CREATE TABLE device_clock(   -- one row
        id INTEGER PRIMARY KEY CHECK (id = 1), boot BLOB NOT NULL, since_boot INTEGER NOT NULL, since_epoch INTEGER NOT NULL,
        time INTEGER NOT NULL) STRICT;                                                   -- what retired_at is counted in
      INSERT OR IGNORE INTO unpublished                                                  -- what has own/private/bundle.pem now
        SELECT DISTINCT application, certificate_group FROM key WHERE status = 2;
    )sql",
    R"sql(
      ALTER TABLE application ADD COLUMN trust_groups TEXT NOT NULL DEFAULT '';          -- one a line; so are the next
      ALTER TABLE application ADD COLUMN server_capabilities TEXT NOT NULL DEFAULT '';
      ALTER TABLE application ADD COLUMN exports TEXT NOT NULL DEFAULT '';
      ALTER TABLE certificate ADD COLUMN digest BLOB NOT NULL DEFAULT x'';               -- of state_certificates.h
      CREATE TABLE trust_list(     -- the highest generation is in use; times of this and the next in nanoseconds since 1970
        application TEXT NOT NULL REFERENCES application(name) ON DELETE CASCADE, certificate_group TEXT NOT NULL,
        generation INTEGER NOT NULL, last_update INTEGER NOT NULL,
        update_frequency INTEGER NOT NULL,                                               -- milliseconds
        validation_options INTEGER NOT NULL, seal BLOB NOT NULL,
        list BLOB NOT NULL,                                                              -- OPC UA Binary
        PRIMARY KEY (application, certificate_group, generation)) STRICT;
      CREATE TABLE latest_time(    -- one row
        id INTEGER PRIMARY KEY CHECK (id = 1), time INTEGER NOT NULL) STRICT;            -- seconds since 1970
      CREATE TABLE rejected(       -- the highest id is the newest
        id INTEGER PRIMARY KEY, application TEXT NOT NULL REFERENCES application(name) ON DELETE CASCADE,
        certificate_group TEXT NOT NULL, certificate BLOB NOT NULL, rejected_at INTEGER NOT NULL) STRICT;
      CREATE INDEX rejected_of_group ON rejected(application, certificate_group);
      CREATE TABLE adopted(
        path TEXT PRIMARY KEY, application TEXT NOT NULL REFERENCES application(name) ON DELETE CASCADE,
        certificate_group TEXT NOT NULL, layout TEXT NOT NULL) STRICT;
      CREATE TABLE unconfirmed(    -- and what it takes to undo it
        application TEXT PRIMARY KEY REFERENCES application(name) ON DELETE CASCADE, confirm_by INTEGER NOT NULL) STRICT;
      CREATE TABLE unconfirmed_slot(
        application TEXT NOT NULL REFERENCES unconfirmed(application) ON DELETE CASCADE,
        certificate_group TEXT NOT NULL, certificate_type TEXT NOT NULL,
        key_id BLOB, certificate BLOB, digest BLOB,                                      -- active before; NULL: none
        PRIMARY KEY (application, certificate_group, certificate_type)) STRICT;
      CREATE TABLE unconfirmed_issuer(
        application TEXT NOT NULL REFERENCES unconfirmed(application) ON DELETE CASCADE,
        key_id BLOB NOT NULL, position INTEGER NOT NULL, certificate BLOB NOT NULL,
        PRIMARY KEY (key_id, position)) STRICT;
      CREATE TABLE unconfirmed_trust_list(
        application TEXT NOT NULL REFERENCES unconfirmed(application) ON DELETE CASCADE,
        certificate_group TEXT NOT NULL, generation INTEGER NOT NULL,                    -- that it brought
        PRIMARY KEY (application, certificate_group)) STRICT;
    )sql",
    R"sql(
      ALTER TABLE application ADD COLUMN digest BLOB NOT NULL DEFAULT x'';               -- of state_applications.h
    )sql",
    R"sql(
      CREATE TABLE deletion(       -- that was asked for and is due
        application TEXT PRIMARY KEY REFERENCES application(name) ON DELETE CASCADE) STRICT;
    )sql",
};

}  // namespace

std::span<const char* const> state_migrations() {
  return migrations;
}

}  // namespace edgeseal::agent
