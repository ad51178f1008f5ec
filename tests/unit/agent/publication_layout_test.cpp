#include "agent/publication/publication_layout.h"

#include <fmt/format.h>

#include <boost/test/unit_test.hpp>
#include <map>
#include <set>

#include "agent/certificates/certificate.h"
#include "agent/publication/published_item.h"
#include "tests/unit/trust/authority.h"

using namespace edgeseal;
using agent::Bytes;

namespace {

using Paths = std::set<std::string>;

Bytes text(std::string_view characters) {
  const auto bytes = std::as_bytes(std::span(characters));
  return {bytes.begin(), bytes.end()};
}

std::string characters(const Bytes& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::string name_of(const Bytes& certificate) {
  return agent::published_name(certificate, " ");
}
std::string crl_name(const Bytes& crl) {
  return agent::published_crls({crl}).front().name;
}

test::CertificateFields fields(const std::string& name) {
  test::CertificateFields fields;
  fields.name = name;
  return fields;
}

// One of each: a trusted CA with its CRL, an issuer with its CRL, a rejected certificate, two slots.
struct Fixture {
  test::Authority root{"Root"}, issuer{"Issuer"};
  Bytes root_crl = root.crl(), issuer_crl = issuer.crl(), stranger = issuer.issue(fields("Stranger"));
  Bytes own = root.issue(fields("Server"));
  agent::PublishedGroup group{
      .group = "application",
      .slots = {slot("rsa-sha256"), slot("ecc-nist-p256")},
      .trust_list = {agent::all_lists_mask, {root.certificate()}, {root_crl}, {issuer.certificate()}, {issuer_crl}},
      .rejected = {stranger}};

  agent::PublishedSlot slot(const std::string& type) const {
    const agent::Slot name{"web", "application", type};
    const agent::PublicKeyPtr key(EVP_EC_gen("P-256"));
    return {name, agent::der_of(key.get(), i2d_PUBKEY), {name, {}, own, {root.certificate()}}};
  }
  std::map<std::string, std::string> files() const {
    std::map<std::string, std::string> files;
    for (auto& [path, content] : agent::files_of(group)) BOOST_TEST(files.emplace(path, content).second, path);
    return files;
  }
  Paths paths_below(const std::string& root_path) const {
    Paths paths;
    for (const auto& [path, content] : files())
      if (path.starts_with(root_path)) paths.insert(path.substr(root_path.size()));
    return paths;
  }
  Paths directories_below(const std::string& root_path) const {
    Paths paths;
    for (const std::string& path : agent::directories_of(group))
      if (path.starts_with(root_path)) paths.insert(path.substr(root_path.size()));
    return paths;
  }
  // trusted/, issuer/ and rejected/ of the usual layout.
  Paths trust_files(const std::string& issuers = "issuer", const std::string& rejected = "rejected/certs",
                    const std::string& suffix = ".der") const {
    return {"trusted/certs/" + name_of(root.certificate()) + suffix, "trusted/crl/" + crl_name(root_crl) + ".crl",
            issuers + "/certs/" + name_of(issuer.certificate()) + suffix,
            issuers + "/crl/" + crl_name(issuer_crl) + ".crl", rejected + "/" + name_of(stranger) + suffix};
  }
};

Paths operator+(Paths all, const Paths& more) {
  all.insert(more.begin(), more.end());
  return all;
}

std::string pem(const Bytes& der) {
  return agent::pem("CERTIFICATE", der);
}

std::string hashed(const Bytes& certificate, const char* kind) {
  return fmt::format("capath/{:08x}.{}", agent::published_certificates({certificate}).front().hash, kind);
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(publication_layout, Fixture)

BOOST_AUTO_TEST_CASE(F16_the_layout_is_that_of_part_12_annex_f_with_bundles_beside_it) {
  const Paths own_files{"own/certs/rsa-sha256.der",      "own/certs/ecc-nist-p256.der", "own/private/rsa-sha256.pem",
                        "own/private/ecc-nist-p256.pem", "own/private/key.pem",         "own/private/bundle.pem"};
  const Paths bundles{"fullchain.pem", "ca.pem", "issuers.pem", "crl.pem"};
  const Paths capath{hashed(root.certificate(), "0"), hashed(root.certificate(), "r0"),
                     hashed(issuer.certificate(), "r0")};
  BOOST_TEST((paths_below("") == trust_files() + own_files + bundles + capath));
  BOOST_TEST(
      (directories_below("") == Paths{"own", "own/certs", "own/private", "trusted", "trusted/certs", "trusted/crl",
                                      "issuer", "issuer/certs", "issuer/crl", "rejected", "rejected/certs", "capath"}));
}

BOOST_AUTO_TEST_CASE(files_of_annex_f_are_the_bytes_of_the_lists) {
  auto shown = files();
  BOOST_TEST(shown["trusted/certs/" + name_of(root.certificate()) + ".der"] == characters(root.certificate()));
  BOOST_TEST(shown["trusted/crl/" + crl_name(root_crl) + ".crl"] == characters(root_crl));
  BOOST_TEST(shown["issuer/certs/" + name_of(issuer.certificate()) + ".der"] == characters(issuer.certificate()));
  BOOST_TEST(shown["issuer/crl/" + crl_name(issuer_crl) + ".crl"] == characters(issuer_crl));
  BOOST_TEST(shown["rejected/certs/" + name_of(stranger) + ".der"] == characters(stranger));
  BOOST_TEST(shown["own/certs/rsa-sha256.der"] == characters(own));
}

BOOST_AUTO_TEST_CASE(the_bundle_of_trust_holds_no_issuer_and_that_of_crls_holds_both_lists) {
  auto shown = files();
  BOOST_TEST(shown["ca.pem"] == pem(root.certificate()));
  BOOST_TEST(shown["issuers.pem"] == pem(issuer.certificate()));
  BOOST_TEST(shown["crl.pem"] == agent::pem("X509 CRL", root_crl) + agent::pem("X509 CRL", issuer_crl));
  BOOST_TEST(shown[hashed(root.certificate(), "0")] == pem(root.certificate()));
  BOOST_TEST(shown[hashed(issuer.certificate(), "r0")] == agent::pem("X509 CRL", issuer_crl));
}

BOOST_AUTO_TEST_CASE(those_of_one_hash_are_numbered) {
  const test::Authority twin("Root");
  group.trust_list.trusted_certificates.push_back(twin.certificate());
  auto shown = files();
  BOOST_TEST(shown[hashed(root.certificate(), "0")] == pem(root.certificate()));
  BOOST_TEST(shown[hashed(root.certificate(), "1")] == pem(twin.certificate()));
}

BOOST_AUTO_TEST_CASE(what_is_in_both_lists_is_once_in_a_bundle) {
  group.trust_list.issuer_crls.push_back(root_crl);
  group.trust_list.trusted_certificates.push_back(root.certificate());
  auto shown = files();
  BOOST_TEST(shown["ca.pem"] == pem(root.certificate()));
  BOOST_TEST(shown["crl.pem"] == agent::pem("X509 CRL", root_crl) + agent::pem("X509 CRL", issuer_crl));
}

BOOST_AUTO_TEST_CASE(a_group_that_trusts_nobody_has_empty_bundles) {
  group = {.group = "application"};
  auto shown = files();
  for (const char* bundle : {"ca.pem", "issuers.pem", "crl.pem"}) {
    BOOST_TEST(shown.contains(bundle), bundle);
    BOOST_TEST(shown[bundle].empty());
  }
  BOOST_TEST(shown.size() == 3u);
  BOOST_TEST(directories_below("").contains("trusted/certs"));
}

BOOST_AUTO_TEST_CASE(a_peer_whose_certificate_is_none_is_shown_among_the_rejected_and_nowhere_else) {
  group.rejected = {text("not DER")};
  group.exports = {"pem"};
  const Paths paths = paths_below("rejected/certs/");
  BOOST_TEST_REQUIRE(paths.size() == 1u);
  BOOST_TEST(paths.begin()->starts_with("unnamed ["));
  BOOST_TEST(paths_below("export/pem/rejected").empty());
}

BOOST_AUTO_TEST_CASE(F16_open62541_has_its_file_store) {
  group.exports = {"open62541"};
  const std::string name = agent::published_name(own, "");
  BOOST_TEST((paths_below("export/") == [&] {
    Paths expected;
    for (const std::string& path : trust_files() + Paths{"own/certs/" + name + ".der", "own/private/" + name + ".key"})
      expected.insert("open62541/ApplCerts/" + path);
    return expected;
  }()));
  BOOST_TEST((directories_below("export/open62541/ApplCerts/") ==
              Paths{"own", "own/certs", "own/private", "trusted", "trusted/certs", "trusted/crl", "issuer",
                    "issuer/certs", "issuer/crl", "rejected", "rejected/certs"}));
  for (const auto& [name_of_group, directory] :
       std::map<std::string, std::string>{{"user-token", "UserTokenCerts"}, {"https", "HttpCerts"}}) {
    group.group = name_of_group;
    BOOST_TEST(!paths_below("export/open62541/" + directory + "/trusted/").empty(), directory);
    BOOST_TEST(paths_below("export/open62541/ApplCerts").empty());
  }
}

BOOST_AUTO_TEST_CASE(F16_node_opcua_has_its_pki_folder) {
  group.exports = {"node-opcua"};
  const Paths own_files{"own/openssl.cnf", "own/certs/certificate.pem", "own/private/private_key.pem"};
  BOOST_TEST((paths_below("export/node-opcua/") == trust_files("issuers", "rejected", ".pem") + own_files));
  BOOST_TEST((directories_below("export/node-opcua/") == Paths{"own", "own/certs", "own/private", "trusted",
                                                               "trusted/certs", "trusted/crl", "issuers",
                                                               "issuers/certs", "issuers/crl", "rejected"}));
  auto shown = files();
  BOOST_TEST(shown["export/node-opcua/own/private/private_key.pem"] == shown["own/private/key.pem"]);
  BOOST_TEST(shown["export/node-opcua/own/certs/certificate.pem"] == shown["fullchain.pem"]);
  BOOST_TEST(shown["export/node-opcua/trusted/crl/" + crl_name(root_crl) + ".crl"] == agent::pem("X509 CRL", root_crl));
}

BOOST_AUTO_TEST_CASE(F16_milo_has_its_trust_list_and_its_quarantine) {
  group.exports = {"milo"};
  BOOST_TEST((paths_below("export/milo/") == trust_files()));
  BOOST_TEST((directories_below("export/milo/") == Paths{"trusted", "trusted/certs", "trusted/crl", "issuer",
                                                         "issuer/certs", "issuer/crl", "rejected", "rejected/certs"}));
}

BOOST_AUTO_TEST_CASE(F16_pem_is_annex_f_with_pem_in_it) {
  group.exports = {"pem"};
  const Paths own_files{"own/certs/rsa-sha256.pem", "own/certs/ecc-nist-p256.pem", "own/private/rsa-sha256.pem",
                        "own/private/ecc-nist-p256.pem"};
  BOOST_TEST((paths_below("export/pem/") == trust_files("issuer", "rejected/certs", ".pem") + own_files));
  auto shown = files();
  BOOST_TEST(shown["export/pem/trusted/certs/" + name_of(root.certificate()) + ".pem"] == pem(root.certificate()));
}

BOOST_AUTO_TEST_CASE(an_export_that_is_not_known_is_none) {
  group.exports = {"..", "open62541/../.."};
  BOOST_TEST(paths_below("export").empty());
}

BOOST_AUTO_TEST_CASE(a_directory_comes_before_those_in_it_and_before_no_file) {
  group.exports.assign(agent::layout_names.begin(), agent::layout_names.end());
  Paths known{""};
  for (const std::string& path : agent::directories_of(group)) {
    const auto slash = path.rfind('/');
    BOOST_TEST(known.contains(slash == std::string::npos ? "" : path.substr(0, slash)), path);
    BOOST_TEST(known.insert(path).second, path);
  }
  for (const auto& [path, content] : files()) {
    const auto slash = path.rfind('/');
    BOOST_TEST(known.contains(slash == std::string::npos ? "" : path.substr(0, slash)), path);
    BOOST_TEST(!known.contains(path), path);
  }
}

BOOST_AUTO_TEST_CASE(the_manifest_names_each_file_with_its_size_and_digest) {
  const auto shown = files();
  const agent::Manifest manifest = agent::manifest_of(group);
  BOOST_TEST(manifest.size() == shown.size());
  for (const auto& [path, content] : shown) {
    BOOST_TEST(manifest.at(path).size == content.size(), path);
    BOOST_TEST((manifest.at(path).sha256 == agent::sha256(std::as_bytes(std::span(content)))), path);
  }
  group.trust_list.trusted_crls = {root.crl({stranger})};
  BOOST_TEST((agent::manifest_of(group) != manifest));
}

BOOST_AUTO_TEST_SUITE_END()
