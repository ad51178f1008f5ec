#include "agent/publication/standing_slot.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <system_error>

#include "agent/certificates/certificate.h"
#include "agent/certificates/certificate_signature.h"
#include "agent/configuration/trust_material.h"
#include "agent/directories/directory.h"
#include "agent/error.h"
#include "policy/directory_entry.h"

namespace edgeseal::agent {

namespace {

constexpr std::size_t max_file_size = 1024 * 1024;

// Nothing where there is no such file.
std::optional<std::string> content_of(const std::string& path) {
  const policy::DirectoryEntry entry = policy::open_absolute(path);
  if (entry.error == ENOENT) return std::nullopt;
  if (entry.error != 0) throw std::system_error(entry.error, std::generic_category(), "open");
  const auto size = static_cast<std::size_t>(entry.status.st_size);
  if (!entry.is_file() || size > max_file_size)
    throw Error(Code::security_checks_failed, "it is no file that the agent wrote");
  const policy::UniqueFd file = policy::reopen(entry.fd.get(), O_RDONLY | O_NONBLOCK);
  if (!file) throw std::system_error(errno, std::generic_category(), "open");
  return read_whole(file.get(), size);
}

// Where it stands depends on which slot was the first, and on the layouts.
std::vector<Bytes> chain_of(const std::string& directory, const Slot& slot, const Bytes& certificate) {
  for (const std::string& name :
       {std::string("fullchain.pem"), fmt::format("export/pem/own/certs/{}.pem", slot.certificate_type)}) {
    const auto content = content_of(directory + "/" + name);
    if (!content) continue;
    std::vector<Bytes> chain = certificates_of(*content, "");
    if (chain.front() != certificate) continue;
    chain.erase(chain.begin());
    require_chain(*parse_certificate(certificate), chain);
    return chain;
  }
  return {};
}

std::optional<PublishedSlot> read_slot(const std::string& directory, const KeyRecord& key) {
  const auto content = content_of(fmt::format("{}/own/certs/{}.der", directory, key.slot.certificate_type));
  if (!content) return std::nullopt;
  const auto bytes = std::as_bytes(std::span(*content));
  const Bytes certificate(bytes.begin(), bytes.end());
  if (!has_key(certificate, key.public_key)) throw Error(Code::security_checks_failed, "it is of another key");
  return PublishedSlot{
      key.slot, key.public_key, {key.slot, key.id, certificate, chain_of(directory, key.slot, certificate)}};
}

}  // namespace

std::optional<PublishedSlot> standing_slot(const std::string& directory, const KeyRecord& key) {
  const auto failure = [&](const std::exception& error) {
    return Error(Code::security_checks_failed,
                 fmt::format("the certificate of {} was damaged in the state, and what stands of it in {} can't be "
                             "kept: {}; remedy: install it again",
                             key.slot.key_name(), directory, error.what()));
  };
  try {
    return read_slot(directory, key);
  } catch (const Error& error) {
    throw failure(error);
  } catch (const std::system_error& error) {
    throw failure(error);
  }
}

}  // namespace edgeseal::agent
