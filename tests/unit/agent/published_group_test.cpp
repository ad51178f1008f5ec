// What the agent publishes of real keys and real trust lists, file by file.

#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

#include "agent/trust/trust_store.h"
#include "agent/trust/validation.h"
#include "provider/wire/key_reference.h"
#include "tests/unit/agent/gateway.h"
#include "tests/unit/trust/authority.h"

using namespace edgeseal;
namespace fs = std::filesystem;

namespace {

std::string content(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::set<std::string> pem_labels(const std::string& text) {
  constexpr std::string_view begin = "-----BEGIN ";
  std::set<std::string> labels;
  for (auto at = text.find(begin); at != std::string::npos; at = text.find(begin, at + 1))
    labels.insert(text.substr(at + begin.size(), text.find("-----", at + 1) - at - begin.size()));
  return labels;
}

bool is_private_key(const std::string& der) {
  const auto* cursor = reinterpret_cast<const unsigned char*>(der.data());
  const agent::PublicKeyPtr key(d2i_AutoPrivateKey(nullptr, &cursor, static_cast<long>(der.size())));
  return key != nullptr;
}

struct Fixture : test::Gateway {
  Fixture() {
    applications.create({.name = "server",
                         .application_uri = "urn:gateway:server",
                         .account = "",
                         .access = {},
                         .slots = {agent::SlotDeclaration::parse("application/ecc-nist-p256"),
                                   agent::SlotDeclaration::parse("application/rsa-sha256=rsa-2048,sealed"),
                                   agent::SlotDeclaration::parse("https/https=ec-p256,sealed")},
                         .origin = "bus",
                         .exports = {agent::layout_names.begin(), agent::layout_names.end()}});
    (void)value<std::monostate>([this](auto answer) { seal.prepare(std::move(answer)); });
  }

  void trust(const agent::TrustList& list) {
    groups.stage_trust_list(owner, lists.check(group, list, clock.now()));
    apply({"server", group.group, ""});
  }
  bool trusts(const tpm::Bytes& certificate) {
    agent::ValidationRequest request;
    request.options = agent::ValidationOptions(0);
    request.now = std::chrono::system_clock::now();
    return agent::validate(*lists.store(group), std::span(&certificate, 1), request).good();
  }
  [[nodiscard]] fs::path published() const { return applications.directory("server", group.group); }
  [[nodiscard]] agent::Manifest found() const {
    std::vector<agent::PublishedFile> files;
    for (const auto& entry : fs::recursive_directory_iterator(published()))
      if (entry.is_regular_file()) files.push_back({fs::relative(entry, published()), content(entry)});
    return agent::manifest_of(files);
  }
  agent::Manifest wanted() { return agent::manifest_of(applications.published(group, {})); }

  const dbus::GroupName group{"server", "application"};
  test::Authority root{"Root"}, stranger{"Stranger"};
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(published_group, Fixture)

BOOST_AUTO_TEST_CASE(no_file_holds_a_private_key) {
  for (const char* type : {"ecc-nist-p256", "rsa-sha256"}) (void)install({"server", "application", type});
  (void)install({"server", "https", "https"});
  trust({.trusted_certificates = {root.certificate()}, .trusted_crls = {root.crl()}});
  const std::set<std::string> allowed{"CERTIFICATE", "X509 CRL", std::string(wire::key_reference_label)};
  std::size_t key_references = 0;
  // What was published before is still being removed, elsewhere.
  for (const auto& entry : fs::recursive_directory_iterator(directory.path() / "pki/server")) {
    if (!entry.is_regular_file()) continue;
    const std::string text = content(entry);
    BOOST_TEST(text.find("PRIVATE KEY") == std::string::npos, entry.path());
    BOOST_TEST(!is_private_key(text), entry.path());
    for (const std::string& label : pem_labels(text)) BOOST_TEST(allowed.contains(label), entry.path() << " " << label);
    if (pem_labels(text).contains(std::string(wire::key_reference_label))) ++key_references;
  }
  BOOST_TEST(key_references == 4u + 2u + 1u + 2u + 3u + 1u + 1u + 1u);  // Annex F, open62541, node-opcua, pem; twice
}

BOOST_AUTO_TEST_CASE(F16_what_is_published_is_what_the_state_says_and_nothing_else) {
  (void)install({"server", "application", "ecc-nist-p256"});
  trust({.trusted_certificates = {root.certificate()}});
  BOOST_TEST((found() == wanted()));
  trust({});
  BOOST_TEST((found() == wanted()));
}

BOOST_AUTO_TEST_CASE(F16_editing_what_is_published_changes_no_trust) {
  trust({.trusted_certificates = {root.certificate()}});
  const fs::path own_certificate = *fs::directory_iterator(published() / "trusted/certs");
  for (const char* list : {"trusted/certs", "export/milo/trusted/certs"}) {
    const auto bytes = reinterpret_cast<const char*>(stranger.certificate().data());
    std::ofstream(published() / list / "Stranger.der").write(bytes, std::ssize(stranger.certificate()));
  }
  fs::remove(own_certificate);
  std::ofstream(published() / "ca.pem") << agent::pem("CERTIFICATE", stranger.certificate());
  lists.forget("server");  // as at the next start: whatever is known comes from the disk again
  BOOST_TEST(trusts(root.issue()));
  BOOST_TEST(!trusts(stranger.issue()));
  trust({.trusted_certificates = {root.certificate()}});
  BOOST_TEST((found() == wanted()));
}

BOOST_AUTO_TEST_CASE(what_is_undone_while_it_is_published_again_does_not_stay_published) {
  groups.stage_trust_list(owner, lists.check(group, {.trusted_certificates = {root.certificate()}}, clock.now()));
  const dbus::ApplyOptions to_be_confirmed{.confirm_within = std::chrono::hours(1)};
  (void)value<std::monostate>([&](auto answer) { groups.apply(owner, "server", to_be_confirmed, std::move(answer)); });
  (void)value<std::monostate>([&](agent::Answer<std::monostate> answer) {
    applications.publish_again(group, std::move(answer));
    groups.undo("server");
  });
  BOOST_TEST(state.unpublished().empty());
  BOOST_TEST((found() == wanted()));
}

BOOST_AUTO_TEST_SUITE_END()
