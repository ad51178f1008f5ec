// ServerConfiguration1, TrustList1, TrustDirectories1 and Audit1: what they take, what they answer, what they signal.

#include <boost/test/unit_test.hpp>
#include <limits>

#include "tests/bus/bus_client.h"
#include "tests/bus/private_bus.h"
#include "tests/bus/service_thread.h"

namespace edgeseal::test {
namespace {

using dbus::fake::bytes;
using Options = std::map<std::string, sdbus::Variant>;
using ByteArray = std::vector<uint8_t>;
using Arrays = std::vector<ByteArray>;
using Texts = std::vector<std::string>;

struct Fixture {
  PrivateBus bus;
  ServiceThread service{{}, [](auto& ports) { ports.agent.add({"web", "urn:gw:web", "", {}, {}, {"https"}, "bus"}); }};
  std::unique_ptr<sdbus::IConnection> connection = sdbus::createSystemBusConnection();
  dbus::RemoteServerConfiguration server{*connection, "/org/edgeseal/application/web"};
  dbus::RemoteGroup group{*connection, "/org/edgeseal/application/web/https"};
  dbus::RemoteTrustList list{*connection, "/org/edgeseal/application/web/https"};
  dbus::RemoteTrustDirectories directories{*connection, "/org/edgeseal"};
  std::string message;

  template <class Change>
  void change(Change change_ports) {
    service.in_loop([&](auto& ports, auto&) { return change_ports(ports), 0; });
  }
  bool told(const std::string& part) const { return message.find(part) != std::string::npos; }
};

const dbus::GroupName kList{"web", "https"};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(trust, Fixture)

BOOST_AUTO_TEST_CASE(properties_of_the_server_configuration_come_from_its_port) {
  BOOST_TEST(server.ApplicationUri() == "urn:gw:web");
  BOOST_TEST(server.ProductUri() == "urn:product");
  BOOST_TEST(server.ServerCapabilities() == Texts{"DA"});
  BOOST_TEST(server.SupportedPrivateKeyFormats().empty());
  BOOST_TEST(server.MaxTrustListSize() == 16u * 1024 * 1024);
  BOOST_TEST(!server.MulticastDnsEnabled());
  BOOST_TEST(server.HasSecureElement());
  BOOST_TEST(server.SupportsTransactions());
  BOOST_TEST(!server.InApplicationSetup());
  BOOST_TEST((server.CertificateGroups() == Texts{"https", "tls"}));
}

BOOST_AUTO_TEST_CASE(a_request_for_a_server_carries_every_option_to_the_port) {
  const Options options{{"subject", sdbus::Variant(std::string("CN=gw"))},
                        {"regenerate-private-key", sdbus::Variant(true)},
                        {"nonce", sdbus::Variant(ByteArray(32, 7))}};
  const auto request = server.CreateSigningRequest("i=14156", "i=12560", options);
  BOOST_TEST(std::string(request.begin(), request.end()) == "request for i=12560");
  const auto [target, seen] = service.in_loop([](auto& ports, auto&) {
    return std::pair(*ports.server_configuration.last_target, *ports.server_configuration.last_request);
  });
  BOOST_TEST(target.application == "web");
  BOOST_TEST(target.group_id == "i=14156");
  BOOST_TEST(seen.subject == "CN=gw");
  BOOST_TEST(seen.regenerate_private_key);
  BOOST_TEST(seen.nonce.size() == 32u);
  BOOST_TEST(error_of([&] { server.CreateSigningRequest(std::string(257, 'g'), "", {}); }) == "InvalidArgument");
  BOOST_TEST(error_of([&] { server.CreateSigningRequest("", std::string(257, 't'), {}); }) == "InvalidArgument");
}

BOOST_AUTO_TEST_CASE(a_pushed_private_key_is_told_of_and_does_not_reach_the_port) {
  BOOST_TEST(error_of([&] { server.UpdateCertificate("", "i=12560", {1}, {{2}}, "PEM", {3}, {}); }) == "NotSupported");
  const auto pushed = service.in_loop([](auto& ports, auto&) { return *ports.server_configuration.last_pushed; });
  BOOST_TEST(pushed.has_private_key);
  BOOST_TEST(pushed.private_key_format == "PEM");
  BOOST_TEST(pushed.issuer_certificates.size() == 1u);
  BOOST_TEST(server.UpdateCertificate("", "i=12560", {1}, {}, "", {}, {}));
  BOOST_TEST(
      !service.in_loop([](auto& ports, auto&) { return ports.server_configuration.last_pushed->has_private_key; }));
}

BOOST_AUTO_TEST_CASE(a_pushed_certificate_has_its_bounds_and_an_empty_one_is_the_ports_to_judge) {
  BOOST_TEST(error_of([&] { server.UpdateCertificate("", "t", ByteArray(65537), {}, "", {}, {}); }) ==
             "InvalidArgument");
  BOOST_TEST(error_of([&] { server.UpdateCertificate("", "t", {1}, Arrays(17, {1}), "", {}, {}); }) ==
             "InvalidArgument");
  BOOST_TEST(error_of([&] { server.UpdateCertificate("", "t", {1}, {}, std::string(65, 'f'), {}, {}); }) ==
             "InvalidArgument");
  BOOST_TEST(!service.in_loop([](auto& ports, auto&) { return ports.server_configuration.last_pushed.has_value(); }));
  BOOST_TEST(error_of([&] { server.UpdateCertificate("", "t", {}, {}, "", {}, {}); }, &message) == "InvalidArgument");
  BOOST_TEST(told("the certificate is empty"));
}

BOOST_AUTO_TEST_CASE(a_self_signed_certificate_takes_lifetime_and_size) {
  const Options options{{"lifetime-days", sdbus::Variant(uint16_t{30})},
                        {"key-size-bits", sdbus::Variant(uint16_t{3072})}};
  BOOST_TEST(server.CreateSelfSignedCertificate("", "i=12560", options).size() == 11u);
  const auto seen = service.in_loop([](auto& ports, auto&) { return *ports.server_configuration.last_self_signed; });
  BOOST_TEST(seen.lifetime_days == 30u);
  BOOST_TEST(seen.key_bits == 3072u);
}

BOOST_AUTO_TEST_CASE(certificates_come_as_aligned_arrays) {
  change([](auto& ports) {
    ports.server_configuration.active["web"] = {{"rsa-sha256", bytes("1")}, {"ecc-nist-p256", bytes("2")}};
  });
  const auto [types, certificates] = server.GetCertificates("i=14156", {});
  BOOST_TEST((types == Texts{"rsa-sha256", "ecc-nist-p256"}));
  BOOST_TEST((certificates == Arrays{{'1'}, {'2'}}));
}

BOOST_AUTO_TEST_CASE(changes_are_confirmed_over_either_interface) {
  const Options options{{"confirm-within", sdbus::Variant(uint32_t{60})}};
  BOOST_TEST(server.UpdateCertificate("https", "t", {1}, {}, "", {}, {}));
  server.ApplyChanges(options);
  BOOST_TEST(service.in_loop([](auto& ports, auto&) { return ports.transactions.last_options->confirm_within; }) ==
             std::chrono::seconds(60));
  BOOST_TEST(error_of([&] { server.UpdateCertificate("https", "t", {1}, {}, "", {}, {}); }) == "TransactionPending");
  server.ConfirmChanges({});
  BOOST_TEST(error_of([&] { server.ConfirmChanges({}); }) == "NothingToDo");
  group.UpdateCertificate("https", {1}, {}, {});
  group.ApplyChanges(options);
  group.ConfirmChanges();
}

BOOST_AUTO_TEST_CASE(a_time_to_confirm_has_its_bounds) {
  for (const uint32_t seconds : {0u, 86401u}) {
    BOOST_TEST(error_of(
                   [&] {
                     server.ApplyChanges({{"confirm-within", sdbus::Variant(seconds)}});
                   },
                   &message) == "InvalidArgument");
    BOOST_TEST(told("1 to 86400"));
  }
  BOOST_TEST(error_of([&] {
               group.ApplyChanges({{"confirm-within", sdbus::Variant(int32_t{5})}});
             }) == "InvalidArgument");
}

BOOST_AUTO_TEST_CASE(properties_of_a_trust_list_come_from_its_port) {
  change([](auto& ports) { ports.trust_lists.infos[kList] = {7, 3600000.5, 60000, 64, 1024, 2, false, true, false}; });
  BOOST_TEST(list.LastUpdateTime() == 7u);
  BOOST_TEST(list.UpdateFrequency() == 3600000.5);
  BOOST_TEST(list.ActivityTimeout() == 60000.0);
  BOOST_TEST(list.DefaultValidationOptions() == 64u);
  BOOST_TEST(list.MaxTrustListSize() == 1024u);
  BOOST_TEST(list.OpenCount() == 2u);
  BOOST_TEST(!list.Writable());
  BOOST_TEST(list.OutOfDate());
  BOOST_TEST(!list.Intact());
}

BOOST_AUTO_TEST_CASE(a_list_that_cannot_be_read_hides_no_object_from_the_object_manager) {
  change([](auto& ports) { ports.trust_lists.broken = true; });
  BOOST_TEST(!list.Writable());
  BOOST_TEST(list.LastUpdateTime() == 0u);
  std::map<sdbus::ObjectPath, std::map<std::string, Options>> objects;
  sdbus::createProxy(*connection, dbus::compat::ServiceName("org.edgeseal.Agent1"), sdbus::ObjectPath("/org/edgeseal"))
      ->callMethod("GetManagedObjects")
      .onInterface("org.freedesktop.DBus.ObjectManager")
      .storeResultsTo(objects);
  BOOST_TEST(objects.contains(sdbus::ObjectPath("/org/edgeseal/application/web/https")));
  dbus::RemoteAgent(*connection, "/org/edgeseal").CreateApplication("new", {});
  BOOST_TEST(!dbus::RemoteTrustList(*connection, "/org/edgeseal/application/new/https").Writable());
}

BOOST_AUTO_TEST_CASE(a_list_is_set_and_read_back_by_masks) {
  BOOST_TEST(list.SetTrustList(15, {{1}, {2}}, {{3}}, {{4}}, {{5}}, {}));
  server.ApplyChanges({});
  const auto [specified, trusted, trusted_crls, issuers, issuer_crls] = list.GetTrustList(5, {});
  BOOST_TEST(specified == 5u);
  BOOST_TEST((trusted == Arrays{{1}, {2}}));
  BOOST_TEST(trusted_crls.empty());
  BOOST_TEST((issuers == Arrays{{4}}));
  BOOST_TEST(issuer_crls.empty());
  BOOST_TEST(list.SetTrustList(4, {}, {}, {{6}}, {}, {}));
  server.ApplyChanges({});
  BOOST_TEST((std::get<1>(list.GetTrustList(15, {})) == Arrays{{1}, {2}}));
  BOOST_TEST((std::get<3>(list.GetTrustList(15, {})) == Arrays{{6}}));
}

BOOST_AUTO_TEST_CASE(masks_have_their_bounds_and_name_what_is_given) {
  for (const uint32_t masks : {0u, 16u, std::numeric_limits<uint32_t>::max()}) {
    BOOST_TEST(error_of([&] { list.GetTrustList(masks, {}); }) == "InvalidArgument");
    BOOST_TEST(error_of([&] { list.OpenWithMasks(masks, {}); }) == "InvalidArgument");
  }
  BOOST_TEST(error_of([&] { list.SetTrustList(16, {}, {}, {}, {}, {}); }) == "InvalidArgument");
  BOOST_TEST(error_of([&] { list.SetTrustList(7, {}, {}, {}, {{1}}, {}); }, &message) == "InvalidArgument");
  BOOST_TEST(told("add 8 to specifiedLists"));
}

BOOST_AUTO_TEST_CASE(a_list_that_is_too_large_for_one_answer_is_read_as_a_file) {
  change([](auto& ports) {
    ports.trust_lists.lists[kList].trusted_certificates = std::vector<dbus::Bytes>(4097, bytes("x"));
  });
  BOOST_TEST(error_of([&] { list.GetTrustList(1, {}); }, &message) == "RequestTooLarge");
  BOOST_TEST(told("4097 entries"));
  BOOST_TEST(std::get<1>(list.GetTrustList(14, {})).empty());
  const auto handle = list.Open(1, {});
  BOOST_TEST(list.Read(handle, 1 << 30, {}).size() == 20u + 4097u * 5u);
}

BOOST_AUTO_TEST_CASE(a_list_as_a_file_has_a_position_and_belongs_to_its_owner) {
  change([](auto& ports) { ports.trust_lists.lists[kList].trusted_certificates = {bytes("abc")}; });
  const auto handle = list.OpenWithMasks(1, {});
  BOOST_TEST(list.Read(handle, 8, {}).size() == 8u);
  BOOST_TEST(list.GetPosition(handle, {}) == 8u);
  list.SetPosition(handle, 12, {});
  BOOST_TEST((list.Read(handle, 3, {}) == ByteArray{'a', 'b', 'c'}));
  const auto other = sdbus::createSystemBusConnection();
  dbus::RemoteTrustList of_other(*other, "/org/edgeseal/application/web/https");
  BOOST_TEST(error_of([&] { of_other.Read(handle, 1, {}); }) == "InvalidArgument");
  list.Close(handle, {});
  BOOST_TEST(error_of([&] { list.Read(handle, 1, {}); }) == "InvalidArgument");
}

BOOST_AUTO_TEST_CASE(lengths_of_a_file_have_their_bounds) {
  change([](auto& ports) { ports.trust_lists.lists[kList].trusted_crls = {dbus::Bytes(600000)}; });
  const auto handle = list.Open(1, {});
  BOOST_TEST(error_of([&] { list.Read(handle, 0, {}); }) == "InvalidArgument");
  BOOST_TEST(error_of([&] { list.Read(handle, -1, {}); }) == "InvalidArgument");
  BOOST_TEST(list.Read(handle, std::numeric_limits<int32_t>::max(), {}).size() == 524288u);
  const auto writing = list.Open(6, {});
  list.Write(writing, ByteArray(524288), {});
  BOOST_TEST(error_of([&] { list.Write(writing, ByteArray(524289), {}); }) == "InvalidArgument");
  BOOST_TEST(error_of([&] { list.Open(2, {}); }) == "NotSupported");
}

BOOST_AUTO_TEST_CASE(an_open_list_keeps_changes_from_being_applied) {
  const auto handle = list.Open(6, {});
  BOOST_TEST(error_of([&] { server.ApplyChanges({}); }) == "InvalidState");
  list.Close(handle, {});
  server.ApplyChanges({});
}

BOOST_AUTO_TEST_CASE(certificates_are_added_and_removed_within_bounds) {
  list.AddCertificate({'x'}, true, {});
  server.ApplyChanges({});
  BOOST_TEST((std::get<1>(list.GetTrustList(1, {})) == Arrays{{'x'}}));
  list.RemoveCertificate("x", true, {});
  server.ApplyChanges({});
  BOOST_TEST(std::get<1>(list.GetTrustList(1, {})).empty());
  BOOST_TEST(error_of([&] { list.AddCertificate({}, true, {}); }) == "InvalidArgument");
  BOOST_TEST(error_of([&] { list.AddCertificate(ByteArray(65537), true, {}); }) == "InvalidArgument");
  BOOST_TEST(error_of([&] { list.AddCertificate({1}, false, {}); }) == "CertificateInvalid");
  BOOST_TEST(error_of([&] { list.RemoveCertificate("", true, {}); }) == "InvalidArgument");
  BOOST_TEST(error_of([&] { list.RemoveCertificate(std::string(65, 'a'), true, {}); }) == "InvalidArgument");
}

BOOST_AUTO_TEST_CASE(options_of_a_list_have_their_types_and_ranges) {
  list.SetOptions({{"update-frequency", sdbus::Variant(86400000.0)}});
  const auto seen = service.in_loop([](auto& ports, auto&) { return *ports.trust_lists.last_options; });
  BOOST_TEST(*seen.update_frequency == 86400000.0);
  BOOST_TEST(!seen.default_validation_options);
  const auto error_of_option = [&](const std::string& key, const sdbus::Variant& value) {
    return error_of([&] { list.SetOptions({{key, value}}); });
  };
  BOOST_TEST(error_of_option("update-frequency", sdbus::Variant(-1.0)) == "InvalidArgument");
  BOOST_TEST(error_of_option("update-frequency", sdbus::Variant(std::numeric_limits<double>::quiet_NaN())) ==
             "InvalidArgument");
  BOOST_TEST(error_of_option("update-frequency", sdbus::Variant(std::numeric_limits<double>::infinity())) ==
             "InvalidArgument");
  BOOST_TEST(error_of_option("default-validation-options", sdbus::Variant(uint32_t{128})) == "InvalidArgument");
  BOOST_TEST(error_of_option("default-validation-options", sdbus::Variant(uint32_t{127})) == "");
  BOOST_TEST(error_of([&] { list.SetOptions({}); }) == "InvalidArgument");
}

BOOST_AUTO_TEST_CASE(validation_answers_what_was_suppressed_and_hands_on_what_is_asked) {
  change([](auto& ports) {
    ports.trust_lists.lists[kList].trusted_certificates = {bytes("p")};
    ports.trust_lists.suppressed = {{"CertificateTimeInvalid", "it has expired"}};
  });
  const auto suppressed = list.Validate({{'p'}, {'i'}}, {{"purpose", sdbus::Variant(std::string("https-client"))},
                                                         {"host-name", sdbus::Variant(std::string("gw"))},
                                                         {"application-uri", sdbus::Variant(std::string("urn:p"))}});
  BOOST_REQUIRE(suppressed.size() == 1u);
  BOOST_TEST(std::get<0>(suppressed[0]) == "CertificateTimeInvalid");
  const auto [query, chain] = service.in_loop(
      [](auto& ports, auto&) { return std::pair(*ports.trust_lists.last_query, ports.trust_lists.last_chain); });
  BOOST_TEST(query.purpose == "https-client");
  BOOST_TEST(query.host_name == "gw");
  BOOST_TEST(query.application_uri == "urn:p");
  BOOST_TEST(chain.size() == 2u);
}

BOOST_AUTO_TEST_CASE(a_chain_to_validate_has_its_bounds) {
  BOOST_TEST(error_of([&] { list.Validate({}, {}); }) == "InvalidArgument");
  BOOST_TEST(error_of([&] { list.Validate({{}}, {}); }) == "InvalidArgument");
  BOOST_TEST(error_of([&] { list.Validate(Arrays(11, {1}), {}); }) == "InvalidArgument");
  BOOST_TEST(error_of([&] { list.Validate(Arrays(10, {1}), {}); }) == "CertificateUntrusted");
  BOOST_TEST(error_of([&] {
               list.Validate({{1}}, {{"purpose", sdbus::Variant(std::string("fun"))}});
             }) == "InvalidArgument");
}

BOOST_AUTO_TEST_CASE(a_group_with_a_trust_list_alone_has_its_object) {
  dbus::RemoteAgent agent(*connection, "/org/edgeseal");
  const Options options{{"trust-groups", sdbus::Variant(Texts{"user-token"})},
                        {"server-capabilities", sdbus::Variant(Texts{"DA", "HD"})},
                        {"exports", sdbus::Variant(Texts{"milo"})}};
  agent.CreateApplication("opc", options);
  dbus::RemoteTrustList users(*connection, "/org/edgeseal/application/opc/user_2dtoken");
  BOOST_TEST(users.Intact());
  BOOST_TEST(dbus::RemoteApplication(*connection, "/org/edgeseal/application/opc").Exports() == Texts{"milo"});
  const auto created = service.in_loop([](auto& ports, auto&) { return *ports.agent.last_created; });
  BOOST_TEST(created.trust_groups == Texts{"user-token"});
  BOOST_TEST((created.server_capabilities == Texts{"DA", "HD"}));
  BOOST_TEST(error_of([&] {
               agent.CreateApplication("x", {{"server-capabilities", sdbus::Variant(Texts{"NINECHARS"})}});
             }) == "InvalidArgument");
}

BOOST_AUTO_TEST_CASE(an_audit_of_a_directory_names_what_is_wrong) {
  change([](auto& ports) {
    ports.directories.findings = {{"/opt/pki", "mode 0777", "not writable by others", "refused", "chmod o-w /opt/pki"}};
  });
  const auto findings = directories.Audit("/opt/pki");
  BOOST_REQUIRE(findings.size() == 1u);
  BOOST_TEST(findings[0].at("found") == "mode 0777");
  BOOST_TEST(findings[0].at("remedy") == "chmod o-w /opt/pki");
  BOOST_TEST(service.in_loop([](auto& ports, auto&) { return *ports.directories.last_path; }) == "/opt/pki");
  BOOST_TEST(error_of([&] { directories.Audit(std::string(4097, '/')); }) == "InvalidArgument");
}

BOOST_AUTO_TEST_CASE(a_directory_is_planned_adopted_and_released) {
  change([](auto& ports) {
    ports.directories.plan.found.trusted_certificates = {bytes("t")};
    ports.directories.plan.ignored = {"README: no certificate"};
  });
  const Options milo{{"layout", sdbus::Variant(std::string("milo"))}};
  const auto plan = directories.PlanAdoption("/opt/pki", "web", "https", milo);
  BOOST_TEST((plan.at("trusted-certificates").get<Arrays>() == Arrays{{'t'}}));
  BOOST_TEST(plan.at("ignored").get<Texts>().front() == "README: no certificate");
  BOOST_TEST(!plan.at("enforced").get<bool>());
  directories.Adopt("/opt/pki", "web", "https",
                    {{"layout", sdbus::Variant(std::string("milo"))}, {"import", sdbus::Variant(true)}});
  BOOST_TEST(service.in_loop([](auto& ports, auto&) { return ports.directories.last_import; }));
  const auto adopted = directories.Adopted();
  BOOST_REQUIRE(adopted.size() == 1u);
  BOOST_TEST(adopted[0].at("layout").get<std::string>() == "milo");
  BOOST_TEST(adopted[0].at("group").get<std::string>() == "https");
  directories.Release("/opt/pki");
  BOOST_TEST(directories.Adopted().empty());
  BOOST_TEST(error_of([&] { directories.Release("/opt/pki"); }) == "NotFound");
  BOOST_TEST(error_of([&] { directories.Adopt("", "web", "https", {}); }) == "InvalidArgument");
  BOOST_TEST(error_of([&] {
               directories.Adopt("/x", "web", "https", {{"layout", sdbus::Variant(std::string("x"))}});
             }) == "InvalidArgument");
}

BOOST_AUTO_TEST_CASE(alarms_and_audit_events_are_signalled) {
  std::vector<std::string> heard;
  const auto listen = [&](const std::string& interface) {
    return dbus::compat::add_match(*connection, "type='signal',interface='" + interface + "'", [&](auto* signal) {
      const char* first = nullptr;
      sd_bus_message_read(signal, "s", &first);
      heard.push_back(std::string(sd_bus_message_get_path(signal)) + " " + sd_bus_message_get_member(signal) + " " +
                      first);
    });
  };
  const auto alarms = listen("org.edgeseal.TrustList1");
  const auto records = listen("org.edgeseal.Audit1");
  service.in_loop([](auto&, auto& bus_service) {
    bus_service.alarm({"web", "https"}, "certificate-expiration", "https", 500, "renew it");
    bus_service.alarm({"web", "none"}, "certificate-expiration", "https", 500, "nobody hears this");
    bus_service.audit_event("directory-drift", {{"path", "/x"}});
    return 0;
  });
  BOOST_TEST(pump_until(*connection, [&] { return heard.size() == 2; }));
  BOOST_TEST(heard[0] == "/org/edgeseal/application/web/https Alarm certificate-expiration");
  BOOST_TEST(heard[1] == "/org/edgeseal Recorded directory-drift");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace edgeseal::test
