#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "agent/by_itself.h"
#include "agent/device/device_names.h"
#include "agent/failure.h"
#include "agent/journal.h"
#include "agent/setup/bundles.h"

// How what a PIN opened comes into force, proves itself, or is undone.
namespace edgeseal::agent {

namespace {

// What says nothing against the bundle, as a defect of the agent doesn't, either.
bool waits_on(Code code) {
  return passes_by_itself(code) || code == Code::internal_error;
}

AcceptedBundle accepted_form(const jose::Bundle& bundle, const std::string& trust) {
  return {bundle.url, bundle.port, identifier_of(bundle), bundle.not_after, trust};
}

Error nothing_kept() {
  return {Code::nothing_to_do, "there is none: no bundle brought it, it was taken, or the agent has started anew"};
}

}  // namespace

// Where it can't be recorded, the caller hears of it: what is in force is undone in time, unless the server proves
// itself.
void Bundles::accept(std::shared_ptr<jose::Bundle> bundle, Answer<std::monostate> answer) {
  const auto done = [this, bundle, answer](std::variant<std::monostate, Error> installed) {
    const auto accepted_as = std::exchange(installing_, std::nullopt);
    if (const auto* error = std::get_if<Error>(&installed)) refused(*error);
    proceed(answer, installed, [&](std::monostate) {
      one_time_secret_ = std::move(bundle->one_time_secret);
      tan_ = {};
      accepted(*accepted_as);
      answer(std::monostate{});
    });
  };
  try {
    require_setup();  // the PIN took its time
    require_acceptable(*bundle, {std::chrono::floor<std::chrono::seconds>(world_.now()), world_.device_names(),
                                 record_.used, settings_.keys});
    installing_ = accepted_form(*bundle, "");
    const auto prepared = [this](const std::string& trust) {
      installing_->trust = trust;
      if (!record_.pending) return;
      record_.pending->accepted = installing_;
      keep();
    };
    installation_.install(bundle, world_.now(), prepared, done);
  } catch (const Error& error) {
    done(error);
  }
}

void Bundles::accepted(const AcceptedBundle& bundle) {
  tell(Level::notice, "bundle-accepted",
       fmt::format("the bundle of {} is in force for {} seconds, or for good once its server has proved itself",
                   bundle.url, settings_.verify_within.count()),
       {{"url", bundle.url}, {"port", std::to_string(bundle.port)}, {"identifier", bundle.identifier}});
  remember_server(bundle);
  record_.spent_tries = 0;
  if (record_.pending) {
    record_.pending->counted = false;  // nothing of its tries is held against anybody
    end_pending("accepted");
  } else {
    keep();
  }
  services_.setup.begin_verifying(fmt::format("the bundle of {}", bundle.url));
}

// The oldest give way to the newest: they are over soonest, and then nobody can bring them again.
void Bundles::remember_server(const AcceptedBundle& bundle) {
  const auto now = std::chrono::floor<std::chrono::seconds>(world_.now());
  std::erase_if(record_.used, [now](const BundleRecord::Used& used) { return used.not_after < now; });
  if (record_.used.size() >= most_used)
    record_.used.erase(std::ranges::min_element(record_.used, {}, &BundleRecord::Used::not_after));
  record_.used.push_back({bundle.identifier, bundle.not_after});
  record_.server = bundle;
  record_.verifying = true;
}

// The right PIN, and a content that is of no use: to ask again would not help, and it was no guess. Whoever gave it
// hears that, and not what keeps the record from being written.
void Bundles::refused(const Error& error) {
  tell(Level::warning, "bundle-refused", fmt::format("a bundle was opened and refused: {}", error.what()));
  if (!record_.pending) return;
  record_.pending->accepted.reset();
  by_itself("the record of a bundle that was refused",
            [&] { waits_on(error.code()) ? keep() : end_pending("refused", 1); });
}

// The agent ended while it was put into force: the state has all of it, or nothing.
void Bundles::resume_installation() {
  const AcceptedBundle interrupted = *record_.pending->accepted;
  if (services_.state.is_unconfirmed(device_application_name) && installation_.trust() == interrupted.trust)
    return accepted(interrupted);
  record_.pending->accepted.reset();
  keep();
  resume();
}

jose::SecretBytes Bundles::take_tan() {
  if (tan_.empty()) throw nothing_kept();
  return std::exchange(tan_, {});
}

jose::SecretBytes Bundles::take_one_time_secret() {
  if (one_time_secret_.empty()) throw nothing_kept();
  return std::exchange(one_time_secret_, {});
}

// --- the first contact

void Bundles::report_contact(Verification outcome, const std::string& detail) {
  load();
  settle();
  if (!record_.verifying) throw Error(Code::invalid_state, "no bundle waits for the first contact with its server");
  if (outcome == Verification::passed)
    installation_.confirm();
  else
    installation_.undo();
  if (record_.verifying) end_verifying(outcome, detail);
}

void Bundles::end_verifying(Verification outcome, const std::string& detail) {
  const bool passed = outcome == Verification::passed;
  const std::string url = record_.server->url;
  record_.verifying = false;
  if (!passed) record_.server.reset();
  tan_ = {};
  one_time_secret_ = {};
  keep();
  services_.setup.end_verifying(outcome);
  tell(passed ? Level::notice : Level::warning, passed ? AuditKind("bundle-verified") : AuditKind("bundle-rolled-back"),
       fmt::format("what the bundle of {} brought {}: {:.256}", url, passed ? "stays" : "is undone", detail),
       {{"url", url}, {"detail", detail}});
}

void Bundles::changes_applied(const AppliedChanges& changes) {
  if (record_.verifying && changes.rolled_back && changes.application == device_application_name)
    end_verifying(Verification::failed, "no contact was reported in time");
}

// Somebody else confirmed it, or undid it.
void Bundles::settle() {
  if (!record_.verifying || services_.state.is_unconfirmed(device_application_name)) return;
  const bool stays = installation_.trust() == record_.server->trust;
  end_verifying(stays ? Verification::passed : Verification::failed,
                stays ? "an administrator confirmed it" : "its time was over");
}

}  // namespace edgeseal::agent
