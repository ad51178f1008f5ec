#include "dbus/ctl/trust_material.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <new>

#include "dbus/ctl/failure.h"
#include "dbus/ctl/files.h"
#include "dbus/ctl/openssl_objects.h"

namespace edgeseal::ctl {
namespace {

namespace fs = std::filesystem;

using CrlPtr = std::unique_ptr<X509_CRL, Freed<X509_CRL, &X509_CRL_free>>;

CrlPtr parse_crl(const Der& der) {
  const unsigned char* position = der.data();
  CrlPtr crl(d2i_X509_CRL(nullptr, &position, static_cast<long>(der.size())));
  if (crl && position != der.data() + der.size()) crl.reset();
  return crl;
}

void move_all(std::vector<Der>& to, std::vector<Der> from) {
  to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
}

void sort_in(TrustMaterial& material, Der der, const std::string& origin) {
  if (is_certificate(der)) return material.certificates.push_back(std::move(der));
  if (parse_crl(der)) return material.crls.push_back(std::move(der));
  throw Failure(ExitCode::Usage, origin + " holds neither a certificate nor a CRL",
                "give X.509 certificates and CRLs, PEM or DER");
}

TrustMaterial of_file(const fs::path& path) {
  const std::string content = read_file(path, kMostTrustBytes);
  TrustMaterial material;
  auto blocks = pem_blocks(content, path.string(), PrivateKeys::Skip);
  if (blocks.empty()) sort_in(material, {content.begin(), content.end()}, path.string());
  for (auto& block : blocks) {
    if (block.holds_certificate() || block.holds_crl()) sort_in(material, std::move(block.der), path.string());
  }
  if (!material.empty()) return material;
  throw Failure(ExitCode::Usage, path.string() + " holds neither a certificate nor a CRL",
                "give X.509 certificates and CRLs, PEM or DER");
}

std::vector<fs::path> files_below(const fs::path& directory) {
  std::vector<fs::path> files;
  std::error_code error;
  for (fs::recursive_directory_iterator entry(directory, error), end; !error && entry != end; entry.increment(error)) {
    if (entry->is_regular_file(error)) files.push_back(entry->path());
  }
  if (error) throw Failure(ExitCode::Usage, "cannot read " + directory.string() + ": " + error.message());
  std::ranges::sort(files);
  return files;
}

}  // namespace

void TrustMaterial::add(TrustMaterial more) {
  move_all(certificates, std::move(more.certificates));
  move_all(crls, std::move(more.crls));
}

TrustMaterial read_trust_material(const fs::path& path) {
  std::error_code error;
  if (path == "-" || !fs::is_directory(path, error)) return of_file(path);
  TrustMaterial material;
  for (const auto& file : files_below(path)) material.add(of_file(file));
  return material;
}

TrustMaterial read_trust_material(const std::vector<std::string>& paths) {
  TrustMaterial material;
  for (const auto& path : paths) material.add(read_trust_material(fs::path(path)));
  return material;
}

CrlFacts crl_facts_of(const Der& der) {
  const CrlPtr crl = parse_crl(der);
  if (!crl) throw Failure(ExitCode::Refused, "these bytes are no CRL");
  const auto* next = X509_CRL_get0_nextUpdate(crl.get());
  const auto revoked = sk_X509_REVOKED_num(X509_CRL_get_REVOKED(crl.get()));
  return {name_text(X509_CRL_get_issuer(crl.get())), time_text(X509_CRL_get0_lastUpdate(crl.get())),
          next == nullptr ? "" : time_text(next), static_cast<size_t>(std::max(revoked, 0))};
}

std::string thumbprint_of(const Der& certificate) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  if (EVP_Digest(certificate.data(), certificate.size(), digest.data(), &size, EVP_sha1(), nullptr) != 1)
    throw std::bad_alloc();
  return fmt::format("{:02X}", fmt::join(digest.begin(), digest.begin() + size, ""));
}

std::string as_thumbprint(const std::string& text) {
  std::string digits;
  std::ranges::copy_if(text, std::back_inserter(digits), [](char c) { return c != ':'; });
  const bool hexadecimal = digits.find_first_not_of("0123456789abcdefABCDEF") == std::string::npos;
  if (digits.size() != 40 || !hexadecimal) return "";
  std::ranges::transform(digits, digits.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return digits;
}

}  // namespace edgeseal::ctl
