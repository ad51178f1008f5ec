#include "enroll/est/certs_only.h"

#include <openssl/cms.h>
#include <openssl/err.h>

#include "enroll/base64.h"
#include "enroll/certificate_limits.h"
#include "enroll/error.h"

namespace edgeseal::enroll::est {
namespace {

using CmsPtr = std::unique_ptr<CMS_ContentInfo, OpensslFree<CMS_ContentInfo, CMS_ContentInfo_free>>;

[[noreturn]] void refuse(const char* problem) {
  throw Error(ErrorClass::transport, std::string("the answer is no certs-only CMS message: ") + problem);
}

CmsPtr parse(ByteView der) {
  const unsigned char* at = octets(der);
  CmsPtr cms(d2i_CMS_ContentInfo(nullptr, &at, static_cast<long>(der.size())));
  ERR_clear_error();
  if (!cms || at != octets(der) + der.size()) refuse("malformed DER");
  if (OBJ_obj2nid(CMS_get0_type(cms.get())) != NID_pkcs7_signed) refuse("its content type is not signedData");
  return cms;
}

}  // namespace

std::vector<Certificate> parse_certs_only(ByteView text) {
  if (text_of(text).find("-----BEGIN") != std::string_view::npos) refuse("it has PEM armour; Base64 alone is expected");
  const std::optional<Bytes> der = decode_base64(text);
  if (!der || der->empty()) refuse("malformed Base64");
  const CmsPtr cms = parse(*der);
  const std::vector<Certificate> received = shared(CertificateStackPtr(CMS_get1_certs(cms.get())).get());
  ERR_clear_error();
  if (received.empty()) refuse("it holds no certificate");
  if (received.size() > max_certificates) refuse("it holds too many certificates");
  std::vector<Certificate> certificates;
  for (const Certificate& certificate : received) {
    if (i2d_X509(certificate.get(), nullptr) > static_cast<int>(max_certificate_size))
      refuse("a certificate is too large");
    if (!contains(certificates, certificate)) certificates.push_back(certificate);
  }
  return certificates;
}

}  // namespace edgeseal::enroll::est
