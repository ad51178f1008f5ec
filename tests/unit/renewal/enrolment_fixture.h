#pragma once

#include <fstream>
#include <iterator>

#include "agent/certificates/certificate.h"
#include "agent/renewal/certificate_validity.h"
#include "tests/unit/renewal/enrolling_gateway.h"
#include "tests/unit/trust/authority.h"

namespace edgeseal::test {

// What tests of enrolments have in common.
struct EnrolmentFixture : EnrollingGateway {
  const std::string by_secret = est("[trust]\nfirst-contact = \"system\"\n[credentials]\nfirst = [\"secret\"]\n");

  // With a certificate, whose lifetime has passed as far as to the renewal.
  void start_due(const std::string& profile) {
    start(profile);
    (void)enrolment->enroll("plant", "", secret());
    complete();
    before = state.certificate(web)->certificate;
    const auto validity = agent::validity_of(before);
    run_until([&] { return enrolment->renewals().front().validity == validity; });  // before time passes
    pass(agent::renewal_due(validity, {}, 0) - now + std::chrono::seconds(1));
  }
  [[nodiscard]] static std::optional<agent::SecretBytes> secret(const std::string& text = "correct horse battery") {
    return agent::SecretBytes(std::as_bytes(std::span(text)));
  }
  [[nodiscard]] bool state_holds(const std::string& text) const {
    for (const char* name : {"state/state.db", "state/state.db-wal"}) {
      std::ifstream file(directory.file(name), std::ios::binary);
      const std::string content((std::istreambuf_iterator<char>(file)), {});
      if (content.find(text) != std::string::npos) return true;
    }
    return false;
  }

  // As the agent leaves it where it ends at that moment.
  void store_with(const std::function<void(agent::Job&)>& edit) {
    enrolment.reset();
    agent::JobRecord record = agent::decode_jobs(*state.record(agent::jobs_record));
    edit(record.jobs.back());
    state.put_record(agent::jobs_record, encode(record));
  }

  tpm::Bytes before;
  const Authority plant{"plant CA"};
};

}  // namespace edgeseal::test
