#include "dbus/job_work.h"

#include "dbus/arguments.h"
#include "dbus/memory_file.h"

namespace edgeseal::dbus {
namespace {

void put_credential(VariantMap& map, const JobWork& work) {
  put(map, "credential", work.credential);
  put(map, "user", work.user);
  put(map, "realm", work.realm);
  if (work.secret)
    map.emplace("secret", sdbus::Variant(sdbus::UnixFd(make_memory_file(*work.secret), sdbus::adopt_fd)));
  put(map, "identity-key", work.identity_key);
  put(map, "identity-certificate", work.identity_certificate);
  put(map, "identity-chain", work.identity_chain);
}

void put_trust(VariantMap& map, const JobWork& work) {
  put(map, "trust", work.trust);
  put(map, "anchors", work.anchors);
  put(map, "issuers", work.issuers);
  put(map, "crls", work.crls);
  put(map, "fingerprint", work.fingerprint);
}

}  // namespace

VariantMap to_map(const JobWork& work) {
  VariantMap map{{"time", sdbus::Variant(work.time)},
                 {"clock-doubtful", sdbus::Variant(work.clock_doubtful)},
                 {"seconds", sdbus::Variant(work.seconds)}};
  put(map, "protocol", work.protocol);
  put(map, "operation", work.operation);
  put(map, "url", work.url);
  put(map, "discover", work.discover);
  put(map, "discover-domain", work.discover_domain);
  put(map, "label", work.label);
  put(map, "helper", work.helper);
  put(map, "proxy", work.proxy);
  put_trust(map, work);
  put_credential(map, work);
  put(map, "request", work.request);
  put(map, "key", work.key);
  put(map, "current-certificate", work.current_certificate);
  put(map, "key-usage", work.key_usage);
  put(map, "attributes", work.attributes);
  put(map, "continuation", work.continuation);
  put(map, "rejects", work.rejects);
  return map;
}

}  // namespace edgeseal::dbus
