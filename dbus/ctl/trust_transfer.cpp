#include "dbus/ctl/trust_transfer.h"

#include <algorithm>

#include "dbus/ctl/failure.h"
#include "dbus/ctl/progress.h"

namespace edgeseal::ctl {
namespace {

constexpr std::int32_t kReadBytes = 262144;
constexpr size_t kWriteBytes = 262144;

TrustList from_file(dbus::RemoteTrustList& remote, std::uint32_t masks) {
  const auto handle = remote.OpenWithMasks(masks, {});
  Der blob;
  for (Der part = remote.Read(handle, kReadBytes, {}); !part.empty(); part = remote.Read(handle, kReadBytes, {})) {
    blob.insert(blob.end(), part.begin(), part.end());
  }
  remote.Close(handle, {});
  return decode_trust_list(blob, "the answer of the agent");
}

}  // namespace

TrustList read_trust_list(dbus::RemoteTrustList& remote, std::uint32_t masks) {
  try {
    auto [specified, trusted, trusted_crls, issuers, issuer_crls] = remote.GetTrustList(masks, {});
    return {specified, {std::move(trusted), std::move(trusted_crls), std::move(issuers), std::move(issuer_crls)}};
  } catch (const sdbus::Error& error) {
    if (error.getName() != "org.edgeseal.Error.RequestTooLarge") throw;
  }
  return from_file(remote, masks);
}

void write_trust_list(dbus::RemoteTrustList& remote, std::uint32_t handle, const TrustList& list) {
  const Der blob = encode(list);
  Progress progress("writing the trust list", blob.size());
  for (size_t done = 0; done < blob.size();) {
    const size_t size = std::min(kWriteBytes, blob.size() - done);
    const auto begin = blob.begin() + static_cast<std::ptrdiff_t>(done);
    remote.Write(handle, Der(begin, begin + static_cast<std::ptrdiff_t>(size)), {});
    done += size;
    progress.reached(done);
  }
}

}  // namespace edgeseal::ctl
