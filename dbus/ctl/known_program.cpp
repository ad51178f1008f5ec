#include "dbus/ctl/known_program.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "dbus/ctl/unit_name.h"

namespace edgeseal::ctl {
namespace {

struct Row {
  std::vector<std::string_view> units;  // without instance and type
  KnownProgram program;
};

// Where a client's order decides, one that names key exchange by RSA first gets it, and that is no signature: !kRSA.
const std::vector<Row>& rows() {
  static const std::vector<Row> table{
      {{"nginx"},
       {"",
        "",
        false,
        {"ssl_certificate @CERTIFICATE@;", "ssl_certificate_key @KEY@;", "ssl_ciphers HIGH:!aNULL:!MD5:!kRSA;"}}},
      {{"apache2", "httpd"},
       {"",
        "",
        false,
        {"SSLCertificateFile @CERTIFICATE@", "SSLCertificateKeyFile @KEY@", "SSLCipherSuite HIGH:!aNULL:!kRSA"}}},
      {{"haproxy"}, {"", "/var/lib/haproxy", false, {"bind :443 ssl crt @BUNDLE@"}}},
      {{"stunnel", "stunnel4"},
       {"stunnel4", "", false, {"cert = @CERTIFICATE@", "key = @KEY@", "ciphers = HIGH:!aNULL:!DH:!kDHEPSK:!kRSA"}}},
      {{"openvpn", "openvpn-server", "openvpn-client"}, {"", "", false, {"cert @CERTIFICATE@", "key @KEY@"}}},
      {{"mosquitto"}, {"mosquitto", "", false, {"certfile @CERTIFICATE@", "keyfile @KEY@"}}},
      {{"postgresql"},
       {"postgres",
        "",
        true,
        {"# Into the file environment of the cluster, for pg_ctlcluster hands on no other:",
         "OPENSSL_CONF = '@OPENSSL_CONF@'", "# Into its postgresql.conf:", "ssl = on",
         "ssl_cert_file = '@CERTIFICATE@'", "ssl_key_file = '@KEY@'"}}},
  };
  return table;
}

std::string replaced(std::string text, std::string_view mark, const std::string& value) {
  const auto at = text.find(mark);
  return at == std::string::npos ? text : text.replace(at, mark.size(), value);
}

}  // namespace

KnownProgram known_program(const std::string& service) {
  const auto stem = stem_of(service);
  const auto name = stem.substr(0, stem.find('@'));
  for (const auto& row : rows()) {
    if (std::ranges::find(row.units, name) != row.units.end()) return row.program;
  }
  return {"", "", false, {"certificate with its chain: @CERTIFICATE@", "private key (a reference to it): @KEY@"}};
}

std::vector<std::string> configuration_lines(const Attachment& attachment, const AttachmentPlaces& places) {
  const std::array<std::pair<std::string_view, std::string>, 4> values{
      {{"@CERTIFICATE@", attachment.certificate()},
       {"@KEY@", attachment.key()},
       {"@BUNDLE@", attachment.bundle()},
       {"@OPENSSL_CONF@", places.openssl_configuration}}};
  std::vector<std::string> lines;
  for (auto line : known_program(attachment.service).lines) {
    for (const auto& [mark, value] : values) line = replaced(std::move(line), mark, value);
    lines.push_back(std::move(line));
  }
  return lines;
}

}  // namespace edgeseal::ctl
