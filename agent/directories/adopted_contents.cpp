#include "agent/directories/adopted_contents.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <openssl/pem.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <map>
#include <set>
#include <system_error>

#include "agent/certificates/certificate.h"
#include "agent/directories/directory.h"
#include "agent/error.h"
#include "agent/trust/trust_store.h"
#include "policy/directory_entry.h"
#include "policy/error.h"
#include "policy/file_facts.h"
#include "policy/path_components.h"

namespace edgeseal::agent {

namespace {

using Entry = policy::DirectoryEntry;
using policy::UniqueFd;

constexpr std::size_t max_files = 100'000;                   // in one directory
constexpr std::size_t max_file_size = max_crl_size * 3 / 2;  // in PEM
constexpr std::size_t most_read_of_limit = 4;                // as many bytes as the list may have, in PEM and twice
constexpr std::size_t max_ignored = 100;                     // told by name

// PEM blocks of certificates and CRLs, or the whole as DER.
struct Blocks {
  std::vector<Bytes> certificates, crls;
};

Blocks blocks_of(const std::string& content) {
  Blocks blocks;
  if (!looks_like_pem(content)) {
    const auto* bytes = reinterpret_cast<const std::byte*>(content.data());
    blocks.certificates = blocks.crls = {Bytes(bytes, bytes + content.size())};
    return blocks;
  }
  const BioPtr bio(BIO_new_mem_buf(content.data(), static_cast<int>(content.size())));
  char *name = nullptr, *header = nullptr;
  unsigned char* data = nullptr;
  long size = 0;
  while (bio && PEM_read_bio(bio.get(), &name, &header, &data, &size) == 1) {
    const auto* bytes = reinterpret_cast<const std::byte*>(data);
    const std::string_view label = name;
    if (label == PEM_STRING_X509 || label == PEM_STRING_X509_OLD) blocks.certificates.emplace_back(bytes, bytes + size);
    if (label == PEM_STRING_X509_CRL) blocks.crls.emplace_back(bytes, bytes + size);
    OPENSSL_free(name);
    OPENSSL_free(header);
    OPENSSL_clear_free(data, static_cast<std::size_t>(size));
  }
  if (!pem_ended()) throw Error(Code::certificate_invalid, "holds a damaged PEM block");
  return blocks;
}

class Reader {
 public:
  explicit Reader(std::size_t max_size) : max_size_(max_size) {}

  void read_directory(int top, const std::string& path, const AdoptedLayout::List& list) {
    const Entry directory = policy::open_entry(top, list.directory);
    if (directory.error == ENOENT) return;
    if (!directory.is_directory()) return ignore(path, "is no directory");
    const auto names = policy::names_in(directory.fd.get(), max_files + 1);
    if (!names) return ignore(path, std::strerror(errno));
    if (names->size() > max_files)
      throw Error(Code::request_too_large,
                  fmt::format("{} holds more than {} files", policy::printable(path), max_files));
    const bool certificates = list.directory.ends_with("/certs");
    for (const std::string& name : *names) {
      try {
        read_file(directory, name, certificates, contents_.list.*list.list);
      } catch (const Error& error) {
        if (error.code() == Code::request_too_large) throw;
        ignore(policy::joined(path, name), error.what());
      } catch (const std::system_error& error) {
        ignore(policy::joined(path, name), error.what());
      }
    }
  }

  AdoptedContents take() {
    if (more_ignored_ > 0) contents_.ignored.push_back(fmt::format("{} more", more_ignored_));
    return std::move(contents_);
  }

 private:
  void read_file(const Entry& directory, const std::string& name, bool certificates, std::vector<Bytes>& list) {
    const Entry entry = policy::open_entry(directory.fd.get(), name);
    if (entry.error != 0) throw std::system_error(entry.error, std::generic_category());
    if (!entry.is_file())
      throw Error(Code::invalid_argument, fmt::format("is a {}", policy::kind_of(entry.status.st_mode)));
    const auto size = static_cast<std::size_t>(entry.status.st_size);
    if (size > max_file_size)
      throw Error(Code::invalid_argument, fmt::format("is larger than {} bytes", max_file_size));
    count(size);
    const UniqueFd file = policy::reopen(entry.fd.get(), O_RDONLY | O_NONBLOCK);
    if (!file) throw std::system_error(errno, std::generic_category());
    const Blocks blocks = blocks_of(read_whole(file.get(), size));
    const std::vector<Bytes>& found = certificates ? blocks.certificates : blocks.crls;
    if (found.empty()) throw Error(Code::certificate_invalid, certificates ? "holds no certificate" : "holds no CRL");
    for (const Bytes& der : found) {
      if (certificates) {
        (void)parse_certificate(der);
      } else {
        (void)parse_crl(der);
      }
      take(der, list);
    }
  }

  // What is no certificate, and what is there twice, takes time as well.
  void count(std::size_t size) {
    read_ += size;
    if (read_ > most_read_of_limit * max_size_)
      throw Error(Code::request_too_large,
                  fmt::format("the directory holds files of more than {} bytes, {} times the limit of a trust list; "
                              "remedy: take out what is no certificate and no CRL",
                              most_read_of_limit * max_size_, most_read_of_limit));
  }

  void take(const Bytes& der, std::vector<Bytes>& list) {
    if (!seen_[&list].insert(der).second) return;
    size_ += der.size();
    if (size_ > max_size_)
      throw Error(Code::request_too_large,
                  fmt::format("the directory holds more than {} bytes, the limit of a trust list", max_size_));
    list.push_back(der);
  }

  void ignore(const std::string& path, const std::string& reason) {
    if (contents_.ignored.size() >= max_ignored) {
      ++more_ignored_;
    } else {
      contents_.ignored.push_back(policy::printable(path) + ": " + reason);
    }
  }

  const std::size_t max_size_;
  std::size_t size_ = 0, read_ = 0, more_ignored_ = 0;
  AdoptedContents contents_;
  std::map<const void*, std::set<Bytes>> seen_;
};

}  // namespace

policy::DirectoryEntry open_adopted(const std::string& path) {
  try {
    (void)policy::components_of(path);
  } catch (const policy::Error& error) {
    throw Error(Code::invalid_argument, error.what());
  }
  Entry entry = policy::open_absolute(path);
  const std::string shown = policy::printable(path);
  if (entry.error == ENOENT) throw Error(Code::not_found, shown + " does not exist");
  if (entry.error == ELOOP || (entry.fd && S_ISLNK(entry.status.st_mode)))
    throw Error(Code::invalid_argument, shown + " goes through a symbolic link; name the place itself: readlink -f " +
                                            policy::shell_word(path));
  if (entry.error != 0)
    throw Error(Code::invalid_argument, fmt::format("{}: {}; remedy: namei -l {}", shown, std::strerror(entry.error),
                                                    policy::shell_word(path)));
  if (!entry.is_directory()) throw Error(Code::invalid_argument, shown + " is no directory");
  return entry;
}

AdoptedContents read_adopted(const std::string& path, const AdoptedLayout& layout, std::size_t max_size) {
  const Entry top = open_adopted(path);
  Reader reader(max_size);
  for (const AdoptedLayout::List& list : layout.lists)
    reader.read_directory(top.fd.get(), policy::joined(path, list.directory), list);
  return reader.take();
}

}  // namespace edgeseal::agent
