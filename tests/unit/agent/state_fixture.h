#pragma once

#include <optional>

#include "agent/state/sqlite.h"
#include "agent/state/state.h"
#include "tests/tpm/temporary_directory.h"
#include "tests/unit/agent/error_code.h"

namespace edgeseal::test {

// A state with the applications "web" and "plc", whose keys and certificates are single bytes.
struct StateFixture {
  TemporaryDirectory directory;
  const std::string path = directory.file("state");
  std::optional<agent::State> state{std::in_place, path};
  const agent::Slot web{"web", "https", "https"};

  StateFixture() {
    for (const char* name : {"web", "plc"})
      state->put_application(
          {name, std::string("urn:x:") + name, "", {}, {agent::SlotDeclaration::parse("https/https")}, "bus"});
    publish_all();
  }
  void reopen() {
    state.reset();
    state.emplace(path);
  }
  void publish_all() {
    for (const auto& [application, group] : state->unpublished()) state->mark_published(application, group);
  }
  // Changes the database behind the agent's back.
  void tamper(const char* sql) {
    state.reset();
    { agent::Database(path + "/state.db").execute(sql); }
    state.emplace(path);
  }
  tpm::KeyId put_key(int id, const agent::Slot& slot) {
    agent::KeyRecord key;
    key.id.fill(static_cast<std::byte>(id));
    key.slot = slot;
    key.public_key = {static_cast<std::byte>(id)};
    key.tpm_object.tss_private_key = {std::byte{1}};
    state->put_pending_key(key);
    return key.id;
  }
  static agent::CertificateRecord certificate(const agent::Slot& slot, const tpm::KeyId& key, int content) {
    return {slot, key, {static_cast<std::byte>(content)}, {{std::byte{0x70}}, {std::byte{0x71}}}};
  }
  static agent::TrustListRecord list(const std::string& application, int content) {
    agent::TrustListRecord record{application, "https"};
    record.list.trusted_certificates = {{static_cast<std::byte>(content)}};
    record.list.issuer_crls = {{std::byte{1}, std::byte{2}}, {}};
    record.last_update = agent::State::Clock::time_point(std::chrono::nanoseconds(1'700'000'000'123'456'789));
    record.update_frequency = std::chrono::milliseconds(content);
    record.validation_options = 0x41;
    record.seal = tpm::Bytes(32, static_cast<std::byte>(content));
    return record;
  }
};

}  // namespace edgeseal::test
