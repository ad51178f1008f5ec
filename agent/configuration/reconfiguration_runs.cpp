#include <fmt/format.h>
#include <fmt/ranges.h>

#include <utility>

#include "agent/configuration/reconfiguration.h"

// The part of Reconfiguration in which those who apply have their turns, and are answered.
namespace edgeseal::agent {

namespace {

std::string summary_of(const ConfigurationDifference& difference) {
  std::vector<std::string> parts;
  for (const dbus::ConfigurationChange& change : difference.changes)
    if (change.change != "unchanged" && change.change != "restart")
      parts.push_back(fmt::format("{} {} {}", change.kind, change.name, change.change));
  return parts.empty() ? "nothing changed" : fmt::format("{}", fmt::join(parts, "; "));
}

}  // namespace

void Reconfiguration::apply(const dbus::Caller& caller, dbus::Undeclared undeclared, Answer<Changes> answer) {
  waiting_.push_back({caller, undeclared, std::move(answer)});
  take_turns();
}

void Reconfiguration::take_turns() {
  while (!waiting_.empty() && run_.expired()) {
    const Request request = std::move(waiting_.front());
    waiting_.pop_front();
    try {
      begin(request);
    } catch (const Error& error) {
      request.answer(error);
    }
  }
}

void Reconfiguration::begin(const Request& request) {
  require_unlocked(services_.anchor);
  Declarations declared = read();
  const auto run = std::make_shared<Run>(Run{request.caller, compare(declared), request.answer});
  require_kept(run->difference, request.undeclared);
  if (!run->difference.trust_lists.empty() && !tpm_has_spoken()) return await_tpm(request);
  require_possible(run->difference);
  run_ = run;
  try {
    carry_out(declared, run->difference);
    run->unpublished = unpublished();
  } catch (const Error& error) {
    record_failure(*run, error);
    throw;
  }
  declared_ = std::move(declared);
  publish_next(run);
}

// Trust that is put into force on a disk that the TPM has not judged would not be borne out by it.
bool Reconfiguration::tpm_has_spoken() const {
  return services_.seal.is_open() && services_.setup.knows_disk();
}

// The files may change until then.
void Reconfiguration::await_tpm(const Request& request) {
  services_.seal.prepare([this, request](std::variant<std::monostate, Error> opened) {
    proceed(request.answer, opened, [&](std::monostate) {
      if (tpm_has_spoken()) return apply(request.caller, request.undeclared, request.answer);
      undecided_.push_back(request);
    });
  });
}

void Reconfiguration::finish(const RunPtr& run) {
  const Changes& changes = run->difference.changes;
  const std::string summary = summary_of(run->difference);
  if (run->after_failure == AfterFailure::end || !changes.empty())
    services_.audit.record(Level::notice, "configuration-applied",
                           fmt::format("the configuration is applied: {}", summary), fields_of(*run, summary));
  end(run, changes);
}

void Reconfiguration::fail(const RunPtr& run, const Error& error) {
  record_failure(*run, error);
  end(run, error);
}

void Reconfiguration::end(const RunPtr& run, const std::variant<Changes, Error>& outcome) {
  run_.reset();
  world_.afterwards([this, run, outcome] {
    run->answer(outcome);
    take_turns();
  });
}

void Reconfiguration::record_failure(const Run& run, const Error& error) const {
  const std::string summary = summary_of(run.difference);
  Audit::Fields fields = fields_of(run, summary);
  fields["result"] = bus_name(error.code());
  services_.audit.record(
      Level::error, "configuration-applied",
      fmt::format("the configuration is not applied to its end: {}; asked for was: {}", error.what(), summary), fields);
}

Audit::Fields Reconfiguration::fields_of(const Run& run, const std::string& summary) {
  Audit::Fields fields = agent::fields_of(owner_of(run.caller));
  fields["changes"] = summary;
  return fields;
}

}  // namespace edgeseal::agent
