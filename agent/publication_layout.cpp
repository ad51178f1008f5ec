#include "agent/publication_layout.h"

#include <fmt/format.h>

#include <array>

#include "agent/certificate.h"
#include "agent/error.h"
#include "provider/wire/key_reference.h"

namespace edgeseal::agent {

namespace {

std::string text_of(const Bytes& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::string key_reference_pem(const PublishedSlot& slot) {
  std::array<std::byte, wire::max_key_reference_size> der{};
  const std::string name = slot.slot.key_name();
  const std::size_t size = wire::encode(wire::KeyReference{name, slot.public_key}, der);
  if (size == 0) throw Error(Code::internal_error, "the key reference of " + name + " does not fit its bounds");
  return pem(std::string(wire::key_reference_label).c_str(), ByteView(der).first(size));
}

std::string chain_pem(const CertificateRecord& record) {
  std::string chain = pem("CERTIFICATE", record.certificate);
  for (const Bytes& issuer : record.issuers) chain += pem("CERTIFICATE", issuer);
  return chain;
}

}  // namespace

std::vector<PublishedFile> files_of(const PublishedGroup& group) {
  std::vector<PublishedFile> files;
  for (const PublishedSlot& slot : group.slots) {
    files.push_back(
        {fmt::format("own/certs/{}.der", slot.slot.certificate_type), text_of(slot.certificate.certificate)});
    files.push_back({fmt::format("own/private/{}.pem", slot.slot.certificate_type), key_reference_pem(slot)});
  }
  if (!group.slots.empty()) {
    const std::string key = key_reference_pem(group.slots.front());
    const std::string chain = chain_pem(group.slots.front().certificate);
    files.push_back({"own/private/key.pem", key});
    files.push_back({"own/private/bundle.pem", key + chain});
    files.push_back({"fullchain.pem", chain});
  }
  return files;
}

std::vector<std::string> directories_of(const PublishedGroup&) {
  return {"own",    "own/certs",    "own/private", "trusted",  "trusted/certs", "trusted/crl",
          "issuer", "issuer/certs", "issuer/crl",  "rejected", "rejected/certs"};
}

Manifest manifest_of(const std::vector<PublishedFile>& files) {
  Manifest manifest;
  for (const PublishedFile& file : files)
    manifest.emplace(file.path, FileDigest{sha256(std::as_bytes(std::span(file.content))), file.content.size()});
  return manifest;
}

}  // namespace edgeseal::agent
