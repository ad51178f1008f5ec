#include "agent/state/state_setup.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <sstream>

#include "agent/certificates/certificate.h"
#include "agent/device/device_names.h"
#include "agent/error.h"
#include "agent/state/state.h"

// The part of State that is about the setup flag: what ends setup, what opens it again, and the proof of who did.
namespace edgeseal::agent {

namespace {

using jose::bytes_of;

constexpr std::string_view setup_seal_fact = "setup-seal";

// `closed`: as in the fact.
std::string statement_of(const std::optional<Bytes>& closed, std::uint64_t generation) {
  if (!closed) return fmt::format("the setup flag is on at generation {}", generation);
  return fmt::format("the setup flag is off for now at generation {}, by {}", generation, hexadecimal(*closed));
}

std::set<std::string> lines_of(ByteView value) {
  std::istringstream text(std::string(jose::text_of(value)));
  std::set<std::string> lines;
  for (std::string line; std::getline(text, line);) lines.insert(line);
  return lines;
}

// Who is given something: a deletion configures nobody.
std::set<std::string> configured_by(const StagedState& staged) {
  std::set<std::string> names;
  for (const CertificateRecord& record : staged.certificates) names.insert(record.slot.application);
  for (const TrustListRecord& list : staged.trust_lists) names.insert(list.application);
  return names;
}

// What the application made for itself says nothing about who configured it.
bool is_issued(ByteView der) {
  try {
    const CertificatePtr certificate = parse_certificate(der);
    return X509_NAME_cmp(X509_get_subject_name(certificate.get()), X509_get_issuer_name(certificate.get())) != 0;
  } catch (const Error&) {
    return false;
  }
}

// A damaged one was not empty.
bool holds_somebody(ByteView list) {
  try {
    return !decode_trust_list(list).trusted_certificates.empty();
  } catch (const Error&) {
    return true;
  }
}

}  // namespace

SetupFlag State::setup_flag() {
  const auto closed = fact(setup_closed_fact);
  if (!closed) return SetupFlag::on;
  return closed->empty() ? SetupFlag::off : SetupFlag::verifying;
}

void State::close_setup() {
  attempt([&] {
    Transaction transaction(*database_);
    put_fact(setup_closed_fact, {});
    write_generation(generation() + 1);
    transaction.commit();
  });
}

bool State::setup_opened_here() {
  return setup_open() && setup_proof_holds();
}

bool State::setup_proof_holds() {
  const auto seal = fact(setup_seal_fact);
  return seal && setup_sealing_.holds &&
         setup_sealing_.holds(statement_of(fact(setup_closed_fact), generation()), *seal);
}

void State::remove_setup_proof() {
  remove_fact(setup_seal_fact);
}

void State::seal_setup(std::uint64_t generation) {
  if (setup_flag() == SetupFlag::off || !setup_sealing_.seal) return;
  try {
    put_fact(setup_seal_fact, setup_sealing_.seal(statement_of(fact(setup_closed_fact), generation)));
  } catch (const Error&) {  // the seal is not open: then there is no proof
  }
}

// What was undone before, with nobody to prove who turned the flag off, is made up for.
void State::accept_setup() {
  attempt([&] {
    Transaction transaction(*database_);
    setup_accepted_ = true;
    if (setup_flag() == SetupFlag::verifying) {
      if (!setup_proof_holds()) {
        put_fact(setup_closed_fact, {});
      } else if (!awaits_confirmation()) {
        remove_fact(setup_closed_fact);
        write_generation(generation() + 1);
      }
    }
    transaction.commit();
  });
}

bool State::awaits_confirmation() {
  const auto all = unconfirmed();
  const std::set<std::string> names = lines_of(fact(setup_closed_fact).value_or(Bytes()));
  return std::ranges::any_of(all, [&](const UnconfirmedRecord& record) { return names.contains(record.application); });
}

bool State::trusts_somebody() {
  return attempt([&] {
    const auto all = applications();
    return std::ranges::any_of(all, [&](const ApplicationRecord& record) { return trusts_somebody(record.name); });
  });
}

bool State::trusts_somebody(const std::string& application) {
  Statement row(
      *database_,
      "SELECT list FROM trust_list AS one WHERE application = ? AND generation = (SELECT max(generation) FROM "
      "trust_list AS other WHERE other.application = one.application AND other.certificate_group = "
      "one.certificate_group)");
  row.bind(application);
  while (row.step())
    if (holds_somebody(row.blob(0))) return true;
  return false;
}

bool State::has_issued_certificate(const std::string& application) {
  Statement row(
      *database_,
      "SELECT certificate FROM certificate JOIN key ON id = key_id WHERE application = ? AND certificate_group <> "
      "? AND status = 2");
  row.bind(application).bind(identity_group);
  while (row.step())
    if (is_issued(row.blob(0))) return true;
  return false;
}

bool State::is_configured(const std::string& application) {
  return trusts_somebody(application) && (!setup_needs_certificate_ || has_issued_certificate(application));
}

void State::end_setup(const StagedState& staged) {
  if (setup_flag() == SetupFlag::off) return;
  const auto closed = fact(setup_closed_fact);
  std::set<std::string> unconfirmed = closed ? lines_of(*closed) : std::set<std::string>();
  for (const std::string& application : configured_by(staged)) {
    if (!is_configured(application)) continue;
    if (!staged.confirm_by) return put_fact(setup_closed_fact, {});
    unconfirmed.insert(application);
  }
  if (!unconfirmed.empty()) put_fact(setup_closed_fact, bytes_of(fmt::format("{}\n", fmt::join(unconfirmed, "\n"))));
}

void State::settle_setup(const std::string& application) {
  const auto closed = fact(setup_closed_fact);
  if (closed && lines_of(*closed).contains(application)) put_fact(setup_closed_fact, {});
}

void State::unsettle_setup(const std::string& application) {
  std::set<std::string> unconfirmed = lines_of(fact(setup_closed_fact).value_or(Bytes()));
  if (setup_accepted_ && unconfirmed.erase(application) > 0) {
    if (unconfirmed.empty())
      remove_fact(setup_closed_fact);
    else
      put_fact(setup_closed_fact, bytes_of(fmt::format("{}\n", fmt::join(unconfirmed, "\n"))));
  }
  if (setup_accepted_ || setup_flag() == SetupFlag::off) write_generation(generation() + 1);
}

}  // namespace edgeseal::agent
