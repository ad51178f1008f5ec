#include "tests/enroll/device_key.h"

namespace edgeseal::test {
namespace {

using namespace enroll;

void add_name(X509_NAME* name, const char* type, const std::string& value) {
  require_openssl(X509_NAME_add_entry_by_txt(name, type, MBSTRING_UTF8,
                                             reinterpret_cast<const unsigned char*>(value.c_str()), -1, -1, 0) == 1,
                  "X509_NAME_add_entry_by_txt");
}

void add_dns_name(X509_REQ* request, const std::string& dns_name) {
  STACK_OF(X509_EXTENSION)* extensions = sk_X509_EXTENSION_new_null();
  sk_X509_EXTENSION_push(extensions,
                         X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, ("DNS:" + dns_name).c_str()));
  X509_REQ_add_extensions(request, extensions);
  sk_X509_EXTENSION_pop_free(extensions, X509_EXTENSION_free);
}

}  // namespace

Bytes DeviceKey::request(const std::string& common_name, const std::string& dns_name) const {
  const RequestPtr request(X509_REQ_new());
  add_name(X509_REQ_get_subject_name(request.get()), "O", "Plant");
  add_name(X509_REQ_get_subject_name(request.get()), "CN", common_name);
  add_dns_name(request.get(), dns_name);
  X509_REQ_set_pubkey(request.get(), key_.get());
  require_openssl(X509_REQ_sign(request.get(), key_.get(), EVP_sha256()) > 0, "X509_REQ_sign");
  Bytes der(static_cast<std::size_t>(i2d_X509_REQ(request.get(), nullptr)));
  unsigned char* end = out_octets(der);
  i2d_X509_REQ(request.get(), &end);
  return der;
}

}  // namespace edgeseal::test
