#pragma once

#include <algorithm>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "tests/fakes/fake_transactions.h"

namespace edgeseal::dbus::fake {

// TrustListDataType as UA Binary (OPC 10000-6 §5.2), as simple as it can be: throws std::out_of_range for what is none.
inline Bytes ua_binary(const TrustListContents& list) {
  Bytes blob;
  const auto number = [&](std::uint32_t value) {
    for (unsigned shift = 0; shift < 32; shift += 8) blob.push_back(static_cast<std::byte>(value >> shift));
  };
  number(list.specified_lists);
  for (const auto* part :
       {&list.trusted_certificates, &list.trusted_crls, &list.issuer_certificates, &list.issuer_crls}) {
    number(static_cast<std::uint32_t>(part->size()));
    for (const auto& entry : *part) {
      number(static_cast<std::uint32_t>(entry.size()));
      blob.insert(blob.end(), entry.begin(), entry.end());
    }
  }
  return blob;
}

inline TrustListContents from_ua_binary(const Bytes& blob) {
  size_t at = 0;
  const auto number = [&] {
    std::uint32_t value = 0;
    for (unsigned shift = 0; shift < 32; shift += 8) value |= std::to_integer<std::uint32_t>(blob.at(at++)) << shift;
    return value == 0xffffffff ? 0 : value;
  };
  const auto bytes_of = [&](size_t size) {
    if (blob.size() - at < size) throw std::out_of_range("the blob is truncated");
    const auto begin = blob.begin() + static_cast<std::ptrdiff_t>(std::exchange(at, at + size));
    return Bytes(begin, begin + static_cast<std::ptrdiff_t>(size));
  };
  TrustListContents list;
  list.specified_lists = number();
  for (auto* part : {&list.trusted_certificates, &list.trusted_crls, &list.issuer_certificates, &list.issuer_crls}) {
    for (auto left = number(); left > 0; --left) part->push_back(bytes_of(number()));
  }
  if (at != blob.size()) throw std::out_of_range("something stands behind the list");
  return list;
}

// Trusts what stands in the list itself.
class FakeTrustLists final : public TrustListPort {
 public:
  struct File {
    Caller owner;
    GroupName group;
    bool writing = false;
    Bytes content;
    size_t position = 0;
  };

  explicit FakeTrustLists(FakeTransactions& transactions) : transactions_(transactions) {}

  mutable Fault fault;
  bool broken = false;  // as where the TPM is absent
  std::map<GroupName, TrustListContents> lists;
  std::map<GroupName, TrustListInfo> infos;
  std::map<GroupName, std::vector<Bytes>> rejected;
  std::map<std::uint32_t, File> files;
  std::vector<size_t> writes;  // sizes
  std::vector<SuppressedError> suppressed;
  std::optional<ValidationQuery> last_query;
  std::vector<Bytes> last_chain;
  std::optional<TrustListOptions> last_options;
  Caller last_caller;
  int calls = 0;

  TrustListInfo trust_list_info(const GroupName& group) const override {
    fault.strike();
    if (broken) throw CallError("ResourceUnavailable", "the seal of the list can't be checked");
    const auto found = infos.find(group);
    return found == infos.end() ? TrustListInfo{.activity_timeout = 60000, .max_size = 16 * 1024 * 1024}
                                : found->second;
  }

  TrustListContents trust_list(const GroupName& group, std::uint32_t masks) const override {
    fault.strike();
    const auto found = lists.find(group);
    TrustListContents list = found == lists.end() ? TrustListContents{} : found->second;
    list.specified_lists = masks;
    if ((masks & 1) == 0) list.trusted_certificates.clear();
    if ((masks & 2) == 0) list.trusted_crls.clear();
    if ((masks & 4) == 0) list.issuer_certificates.clear();
    if ((masks & 8) == 0) list.issuer_crls.clear();
    return list;
  }

  bool set_trust_list(const Caller& caller, const GroupName& group, TrustListContents list) override {
    called(caller);
    for (const auto& certificate : list.trusted_certificates) {
      if (certificate.empty()) throw CallError("CertificateInvalid", "a trusted certificate is empty");
    }
    transactions_.stage_list(caller, group, [this, group, list = std::move(list)] { put(group, list); });
    return true;
  }

  void add_certificate(const Caller& caller, const GroupName& group, const Bytes& certificate,
                       bool is_trusted) override {
    called(caller);
    if (!is_trusted) throw CallError("CertificateInvalid", "an issuer needs a CRL");
    transactions_.stage_list(caller, group,
                             [this, group, certificate] { lists[group].trusted_certificates.push_back(certificate); });
  }

  // The thumbprint of the fake is the certificate itself, as text.
  void remove_certificate(const Caller& caller, const GroupName& group, const std::string& thumbprint,
                          bool is_trusted) override {
    called(caller);
    auto& all = is_trusted ? lists[group].trusted_certificates : lists[group].issuer_certificates;
    const auto found =
        std::ranges::find(all, thumbprints.contains(thumbprint) ? thumbprints.at(thumbprint) : bytes(thumbprint));
    if (found == all.end()) throw CallError("InvalidArgument", "no certificate has the thumbprint " + thumbprint);
    transactions_.stage_list(caller, group, [&all, certificate = *found] { std::erase(all, certificate); });
  }
  std::map<std::string, Bytes> thumbprints;  // certificates by thumbprint, for tests with real ones

  void set_trust_list_options(const Caller& caller, const GroupName& group, const TrustListOptions& options) override {
    called(caller);
    last_options = options;
    transactions_.stage_list(caller, group, [] {});
  }

  std::uint32_t open(const Caller& caller, const GroupName& group, std::uint8_t mode) override {
    called(caller);
    if (mode != 1 && mode != 6) throw CallError("NotSupported", "a trust list is opened for reading or for writing");
    if (mode == 6) transactions_.join(caller, group.application).open_lists.insert(group.group);
    return add({caller, group, mode == 6, mode == 6 ? Bytes{} : ua_binary(trust_list(group, 15)), 0});
  }

  std::uint32_t open_with_masks(const Caller& caller, const GroupName& group, std::uint32_t masks) override {
    called(caller);
    return add({caller, group, false, ua_binary(trust_list(group, masks)), 0});
  }

  Bytes read(const Caller& caller, const GroupName& group, std::uint32_t handle, std::int32_t length) override {
    auto& file = file_of(caller, group, handle);
    const auto rest = std::span(file.content).subspan(file.position);
    const auto part = rest.first(std::min(rest.size(), static_cast<size_t>(length)));
    file.position += part.size();
    return {part.begin(), part.end()};
  }

  void write(const Caller& caller, const GroupName& group, std::uint32_t handle, const Bytes& data) override {
    auto& file = file_of(caller, group, handle);
    writes.push_back(data.size());
    file.content.insert(file.content.end(), data.begin(), data.end());
    file.position = file.content.size();
  }

  std::uint64_t position(const Caller& caller, const GroupName& group, std::uint32_t handle) override {
    return file_of(caller, group, handle).position;
  }

  void set_position(const Caller& caller, const GroupName& group, std::uint32_t handle,
                    std::uint64_t position) override {
    auto& file = file_of(caller, group, handle);
    file.position = std::min<std::uint64_t>(position, file.content.size());
  }

  void close(const Caller& caller, const GroupName& group, std::uint32_t handle) override {
    if (file_of(caller, group, handle).writing) closed(group);
    files.erase(handle);
  }

  bool close_and_update(const Caller& caller, const GroupName& group, std::uint32_t handle) override {
    const Bytes content = file_of(caller, group, handle).content;
    files.erase(handle);
    closed(group);
    try {
      return set_trust_list(caller, group, from_ua_binary(content));
    } catch (const std::out_of_range& error) {
      throw CallError("InvalidArgument", error.what());
    }
  }

  std::vector<Bytes> rejected_list(const GroupName& group) const override {
    fault.strike();
    const auto found = rejected.find(group);
    return found == rejected.end() ? std::vector<Bytes>{} : found->second;
  }

  std::vector<SuppressedError> validate(const Caller& caller, const GroupName& group, const std::vector<Bytes>& chain,
                                        const ValidationQuery& query) override {
    called(caller);
    last_query = query;
    last_chain = chain;
    const auto& trusted = lists[group].trusted_certificates;
    if (std::ranges::find(trusted, chain.front()) != trusted.end()) return suppressed;
    auto& list = rejected[group];
    list.insert(list.begin(), chain.front());
    throw CallError("CertificateUntrusted", "the certificate is not trusted");
  }

 private:
  void called(const Caller& caller) {
    fault.strike();
    last_caller = caller;
    ++calls;
  }

  void put(const GroupName& group, const TrustListContents& list) {
    auto& present = lists[group];
    if ((list.specified_lists & 1) != 0) present.trusted_certificates = list.trusted_certificates;
    if ((list.specified_lists & 2) != 0) present.trusted_crls = list.trusted_crls;
    if ((list.specified_lists & 4) != 0) present.issuer_certificates = list.issuer_certificates;
    if ((list.specified_lists & 8) != 0) present.issuer_crls = list.issuer_crls;
  }

  std::uint32_t add(File file) {
    files.emplace(++last_handle_, std::move(file));
    return last_handle_;
  }

  File& file_of(const Caller& caller, const GroupName& group, std::uint32_t handle) {
    called(caller);
    const auto found = files.find(handle);
    if (found == files.end() || found->second.owner.bus_name != caller.bus_name ||
        found->second.owner.session != caller.session || found->second.group != group) {
      throw CallError("InvalidArgument", "the handle isn't one of this caller");
    }
    return found->second;
  }

  void closed(const GroupName& group) {
    const auto found = transactions_.active.find(group.application);
    if (found != transactions_.active.end()) found->second.open_lists.erase(group.group);
  }

  FakeTransactions& transactions_;
  std::uint32_t last_handle_ = 0;
};

}  // namespace edgeseal::dbus::fake
