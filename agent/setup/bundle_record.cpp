#include "agent/setup/bundle_record.h"

#include "agent/openssl.h"
#include "agent/state/record_json.h"

namespace edgeseal::agent {

namespace {

using std::chrono::sys_seconds;

std::int64_t seconds_of(sys_seconds time) {
  return time.time_since_epoch().count();
}

sys_seconds time_of(const Json& seconds) {
  return sys_seconds(std::chrono::seconds(seconds.get<std::int64_t>()));
}

Json to_json(const AcceptedBundle& bundle) {
  return {{"url", bundle.url},
          {"port", bundle.port},
          {"identifier", bundle.identifier},
          {"not-after", seconds_of(bundle.not_after)},
          {"trust", bundle.trust}};
}

AcceptedBundle accepted_of(const Json& stored) {
  return {stored.at("url"), stored.at("port"), stored.at("identifier"), time_of(stored.at("not-after")),
          stored.at("trust")};
}

Json to_json(const PendingBundle& pending) {
  Json stored{{"session", pending.session},
              {"ciphertext", pending.ciphertext},
              {"source", pending.source},
              {"limit", pending.limit},
              {"deadline", seconds_of(std::chrono::floor<std::chrono::seconds>(pending.deadline))},
              {"counted", pending.counted},
              {"needs-setup", pending.needs_setup}};
  if (pending.accepted) stored["accepted"] = to_json(*pending.accepted);
  return stored;
}

PendingBundle pending_of(const Json& stored) {
  PendingBundle pending{stored.at("session"), stored.at("ciphertext"),        stored.at("source"),
                        stored.at("limit"),   time_of(stored.at("deadline")), stored.at("counted")};
  if (stored.contains("accepted")) pending.accepted = accepted_of(stored.at("accepted"));
  pending.needs_setup = stored.value("needs-setup", true);
  return pending;
}

BundleRecord record_of(const Json& stored) {
  BundleRecord record;
  if (stored.contains("pending")) record.pending = pending_of(stored.at("pending"));
  record.spent_tries = stored.at("spent-tries");
  for (const Json& used : stored.at("used"))
    record.used.push_back({used.at("identifier"), time_of(used.at("not-after"))});
  if (stored.contains("server")) record.server = accepted_of(stored.at("server"));
  record.verifying = stored.at("verifying");
  return record;
}

}  // namespace

std::string PendingBundle::subject() const {
  return hexadecimal(sha256({std::as_bytes(std::span(session)), std::as_bytes(std::span(ciphertext))}));
}

tpm::Bytes encode(const BundleRecord& record) {
  Json stored{{"spent-tries", record.spent_tries}, {"used", Json::array()}, {"verifying", record.verifying}};
  if (record.pending) stored["pending"] = to_json(*record.pending);
  for (const auto& used : record.used)
    stored["used"].push_back({{"identifier", used.identifier}, {"not-after", seconds_of(used.not_after)}});
  if (record.server) stored["server"] = to_json(*record.server);
  return to_text(stored);
}

BundleRecord decode_bundle_record(tpm::ByteView content) {
  return from_text("the record of bundles", content, record_of, Code::state_unavailable);
}

}  // namespace edgeseal::agent
