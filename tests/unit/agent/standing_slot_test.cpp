#include "agent/publication/standing_slot.h"

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>

#include "tests/unit/agent/gateway.h"

using namespace edgeseal;
using agent::Bytes;
using agent::Code;
using agent::Slot;
using test::has_code;

namespace {

namespace fs = std::filesystem;

using Contents = std::map<std::string, std::string>;  // by path

// A group of two slots, the first of which was damaged in the state; the second has another certificate since.
struct TwoSlots : test::Gateway {
  TwoSlots() {
    agent::ApplicationRecord application;
    application.name = "web";
    application.origin = "bus";
    for (const char* slot : {"tls/tls-server", "tls/tls-client"})
      application.slots.push_back(agent::SlotDeclaration::parse(slot));
    application.exports = {"open62541", "node-opcua", "pem"};
    applications.create(application);
    install_with_chain(server);
    install_with_chain(client);
    published = contents();
    damage_certificates("web");
  }

  void install_with_chain(const Slot& slot) {
    dbus::SigningRequestOptions options;
    options.subject = "CN=" + slot.certificate_type;
    groups.update(owner, {"web", "tls"}, {slot.certificate_type, ca.sign(request(slot, options)), {ca.certificate()}});
    apply(slot);
  }

  [[nodiscard]] Contents contents() const {
    Contents all;
    for (const auto& entry : fs::recursive_directory_iterator(directory_of_group)) {
      if (!entry.is_regular_file()) continue;
      std::ifstream file(entry.path(), std::ios::binary);
      all[fs::relative(entry.path(), directory_of_group)] = {std::istreambuf_iterator<char>(file), {}};
    }
    return all;
  }
  // Those in which the two differ.
  [[nodiscard]] static std::set<std::string> changed(const Contents& before, const Contents& after) {
    std::set<std::string> paths;
    for (const auto& [one, other] : {std::pair(&before, &after), std::pair(&after, &before)})
      for (const auto& [path, content] : *one)
        if (const auto found = other->find(path); found == other->end() || found->second != content) paths.insert(path);
    return paths;
  }

  const Slot server{"web", "tls", "tls-server"}, client{"web", "tls", "tls-client"};
  const std::string directory_of_group = applications.directory("web", "tls");
  Contents published;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(standing_slot, TwoSlots)

BOOST_AUTO_TEST_CASE(D11_a_damaged_certificate_stays_published_and_holds_up_no_other_of_its_group) {
  install_with_chain(client);
  BOOST_TEST(state.unpublished().empty());
  const std::set<std::string> paths = changed(published, contents());
  BOOST_TEST(paths.contains("own/certs/tls-client.der"));
  for (const std::string& path : paths) BOOST_TEST(path.find("own/") != std::string::npos, path);
  for (const char* path :
       {"fullchain.pem", "own/certs/tls-server.der", "own/private/bundle.pem", "own/private/tls-server.pem",
        "export/pem/own/certs/tls-server.pem", "export/node-opcua/own/certs/certificate.pem"})
    BOOST_TEST(!paths.contains(path), path);
  BOOST_CHECK_EXCEPTION((void)keys.find("web/tls/tls-server"), agent::Error, has_code(Code::security_checks_failed));
}

BOOST_AUTO_TEST_CASE(D11_a_group_with_a_damaged_certificate_is_guarded_as_it_stands) {
  agent::Manifest told;
  applications.observe(
      {[](const agent::ApplicationRecord&) {},
       [&](const agent::ApplicationRecord&, const agent::PublishedGroup& group) { told = agent::manifest_of(group); },
       [](const std::string&) {}});
  applications.tell_published();
  BOOST_TEST(told.size() == published.size());
  for (const auto& [path, content] : published)
    BOOST_TEST((told.at(path).sha256 == agent::sha256(std::as_bytes(std::span(content)))), path);
}

BOOST_AUTO_TEST_CASE(D11_installed_again_it_is_published_as_any_other) {
  install_with_chain(server);
  BOOST_TEST(state.unpublished().empty());
  BOOST_TEST(changed(published, contents()).contains("fullchain.pem"));
  BOOST_CHECK_NO_THROW((void)keys.find("web/tls/tls-server"));
}

BOOST_AUTO_TEST_CASE(D11_where_nothing_stands_of_a_damaged_certificate_the_others_are_published_alone) {
  fs::remove_all(directory_of_group);
  install_with_chain(client);
  BOOST_TEST(state.unpublished().empty());
  BOOST_TEST(contents().contains("own/certs/tls-client.der"));
  BOOST_TEST(!contents().contains("own/certs/tls-server.der"));
}

BOOST_AUTO_TEST_CASE(what_stands_there_and_is_of_another_key_is_not_taken_for_the_damaged_one) {
  const auto key = state.key(server, agent::KeyStatus::active).value();
  const std::string path = directory_of_group + "/own/certs/tls-server.der";
  fs::copy_file(directory_of_group + "/own/certs/tls-client.der", path, fs::copy_options::overwrite_existing);
  const auto is_refused = [&](const agent::Error& error) {
    return has_code(Code::security_checks_failed)(error) &&
           std::string(error.what()).find("remedy: install it again") != std::string::npos;
  };
  BOOST_CHECK_EXCEPTION((void)agent::standing_slot(directory_of_group, key), agent::Error, is_refused);
  fs::remove(path);
  fs::create_directory(path);
  BOOST_CHECK_EXCEPTION((void)agent::standing_slot(directory_of_group, key), agent::Error, is_refused);
  fs::remove(path);
  std::ofstream(directory_of_group + "/fullchain.pem") << "-----BEGIN CERTIFICATE-----\n!\n";
  BOOST_TEST(!agent::standing_slot(directory_of_group, key).has_value());
}

BOOST_AUTO_TEST_CASE(a_chain_that_does_not_hold_is_not_kept) {
  const auto key = state.key(server, agent::KeyStatus::active).value();
  const test::TestCa other("other");
  const Bytes certificate = agent::standing_slot(directory_of_group, key)->certificate.certificate;
  std::ofstream(directory_of_group + "/fullchain.pem")
      << agent::pem("CERTIFICATE", certificate) << agent::pem("CERTIFICATE", other.certificate());
  BOOST_CHECK_EXCEPTION((void)agent::standing_slot(directory_of_group, key), agent::Error,
                        has_code(Code::security_checks_failed));
}

BOOST_AUTO_TEST_SUITE_END()
