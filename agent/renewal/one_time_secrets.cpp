#include "agent/renewal/one_time_secrets.h"

#include <fcntl.h>
#include <unistd.h>

#include "policy/unique_fd.h"

namespace edgeseal::agent {

std::optional<tpm::SecretBytes> OneTimeSecrets::get(JobNumber job, const std::string& credential) const {
  if (const auto found = given_.find(job); found != given_.end()) return tpm::SecretBytes(found->second.secret.view());
  return read(credential);
}

std::uint64_t OneTimeSecrets::number(JobNumber job) const {
  const auto found = given_.find(job);
  return found == given_.end() ? 0 : found->second.number;
}

// A file that ends with a line end means the line, as edgesealctl takes one.
std::optional<tpm::SecretBytes> OneTimeSecrets::read(const std::string& credential) const {
  if (directory_.empty() || credential.empty()) return std::nullopt;
  const policy::UniqueFd file(::open((directory_ + "/" + credential).c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!file) return std::nullopt;
  tpm::SecretBytes buffer(max_size + 1);
  const ssize_t size = ::read(file.get(), buffer.span().data(), buffer.size());
  if (size <= 0 || static_cast<std::size_t>(size) > max_size) return std::nullopt;
  auto content = buffer.view().first(static_cast<std::size_t>(size));
  for (const char end : {'\n', '\r'})
    if (!content.empty() && content.back() == std::byte(end)) content = content.first(content.size() - 1);
  if (content.empty()) return std::nullopt;
  return tpm::SecretBytes(content);
}

}  // namespace edgeseal::agent
