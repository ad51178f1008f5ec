#include "agent/configuration/trust_material.h"

#include <fmt/format.h>
#include <openssl/pem.h>

#include <span>

#include "agent/certificates/certificate.h"
#include "agent/configuration/configuration_files.h"
#include "agent/error.h"
#include "agent/openssl.h"
#include "agent/trust/trust_store.h"

namespace edgeseal::agent {

namespace {

constexpr std::size_t max_items = 1000;

struct Material {
  std::string shown;  // for messages
  std::string content;
};

Material material_of(const std::string& entry, const std::string& root) {
  if (looks_like_pem(entry)) return {"the PEM", entry};
  if (!entry.starts_with('/'))
    throw Error(Code::invalid_argument,
                fmt::format("\"{:.80}\" is neither PEM nor an absolute path: give one of them", entry));
  return {entry, read_configuration_file(root + entry, root)};
}

template <class ReadOne>
std::vector<Bytes> all_in(const Material& material, std::string_view what, const ReadOne& read_one) {
  const BioPtr bio(BIO_new_mem_buf(material.content.data(), static_cast<int>(material.content.size())));
  std::vector<Bytes> items;
  for (Bytes item = read_one(*bio); !item.empty(); item = read_one(*bio)) {
    if (items.size() == max_items)
      throw Error(Code::invalid_argument, fmt::format("{} holds more than {} {}s", material.shown, max_items, what));
    items.push_back(std::move(item));
  }
  if (!pem_ended())
    throw Error(Code::invalid_argument, fmt::format("{} holds a damaged {} in PEM", material.shown, what));
  if (items.empty()) throw Error(Code::invalid_argument, fmt::format("{} holds no {} in PEM", material.shown, what));
  return items;
}

Bytes der_in(const Material& material) {
  const auto bytes = std::as_bytes(std::span(material.content));
  return {bytes.begin(), bytes.end()};
}

// What one of them says of bytes that are none.
template <class Parse>
std::vector<Bytes> one_in(const Material& material, const Parse& parse) {
  Bytes der = der_in(material);
  try {
    (void)parse(der);
  } catch (const Error& error) {
    throw Error(Code::invalid_argument, fmt::format("{}: {}", material.shown, error.what()));
  }
  return {std::move(der)};
}

}  // namespace

std::vector<Bytes> certificates_of(const std::string& entry, const std::string& root) {
  const Material material = material_of(entry, root);
  if (!looks_like_pem(material.content)) return one_in(material, parse_certificate);
  return all_in(material, "certificate", [](BIO& bio) {
    const CertificatePtr certificate{PEM_read_bio_X509(&bio, nullptr, nullptr, nullptr)};
    return certificate ? der_of(certificate.get(), i2d_X509) : Bytes{};
  });
}

Bytes public_key_of(const std::string& path, const std::string& root) {
  const std::string text = read_configuration_file(root + path, root);
  const BioPtr bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
  const PublicKeyPtr key(PEM_read_bio_PUBKEY(bio.get(), nullptr, nullptr, nullptr));
  if (!key) throw Error(Code::invalid_argument, fmt::format("{}: no public key in PEM: {}", path, openssl_reason()));
  return der_of(key.get(), i2d_PUBKEY);
}

std::vector<Bytes> crls_of(const std::string& entry, const std::string& root) {
  const Material material = material_of(entry, root);
  if (!looks_like_pem(material.content)) return one_in(material, parse_crl);
  return all_in(material, "CRL", [](BIO& bio) {
    const CrlPtr crl{PEM_read_bio_X509_CRL(&bio, nullptr, nullptr, nullptr)};
    return crl ? der_of(crl.get(), i2d_X509_CRL) : Bytes{};
  });
}

}  // namespace edgeseal::agent
