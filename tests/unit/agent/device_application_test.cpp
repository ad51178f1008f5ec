#include <boost/test/unit_test.hpp>

#include "agent/device/device_application.h"
#include "tests/unit/agent/gateway.h"

using namespace edgeseal;
using agent::ApplicationRecord;
using agent::Code;
using agent::DeviceApplication;
using agent::SlotDeclaration;
using test::has_code;

namespace {

constexpr const char* uri = "urn:example.com:gateway:4711";

struct Fixture : test::Gateway {
  DeviceApplication device{applications, {}};

  void expect_refused(const ApplicationRecord& application) {
    BOOST_CHECK_EXCEPTION(applications.create(application), agent::Error, has_code(Code::invalid_argument));
    BOOST_CHECK_EXCEPTION(applications.declare(application), agent::Error, has_code(Code::invalid_argument));
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(device_application, Fixture)

BOOST_AUTO_TEST_CASE(it_is_made_when_it_is_needed_and_once) {
  BOOST_TEST(applications.list().empty());
  const ApplicationRecord made = device.ensure();
  BOOST_TEST(made.name == "device");
  BOOST_TEST(made.origin == "built-in");
  BOOST_TEST((device.ensure() == made));
  BOOST_TEST(applications.list().size() == 1u);
}

BOOST_AUTO_TEST_CASE(it_has_the_groups_of_the_dca_of_the_identity_and_of_those_who_may_provision) {
  BOOST_TEST(group_names(device.ensure()) == (std::vector<std::string>{"application", "identity", "provisioning"}),
             boost::test_tools::per_element());
  BOOST_TEST(groups.info({"device", "identity"}).certificate_types == (std::vector<std::string>{"idevid", "ldevid"}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(G4_its_application_group_is_empty_when_it_is_new) {
  device.ensure();
  BOOST_TEST(groups.certificates({"device", "application"}).empty());
  BOOST_TEST((lists.record({"device", "application"}).list == agent::TrustList{}));
}

BOOST_AUTO_TEST_CASE(the_configured_product_instance_uri_is_its_application_uri) {
  BOOST_TEST(device.ensure().application_uri.ends_with(":device"));
  DeviceApplication named(applications, {uri, "", {}});
  BOOST_TEST(named.ensure().application_uri == uri);
}

BOOST_AUTO_TEST_CASE(a_product_instance_uri_of_the_manufacture_stays) {
  BOOST_TEST(device.ensure(uri).application_uri == uri);
  BOOST_TEST(device.ensure().application_uri == uri);
  BOOST_TEST(DeviceApplication(applications, {}).ensure().application_uri == uri);
}

BOOST_AUTO_TEST_CASE(another_product_instance_uri_than_the_configured_one_is_refused) {
  DeviceApplication named(applications, {uri, "", {}});
  BOOST_CHECK_EXCEPTION(named.ensure("urn:example.com:gateway:4712"), agent::Error, has_code(Code::invalid_argument));
  BOOST_CHECK_EXCEPTION(device.ensure("no uri"), agent::Error, has_code(Code::invalid_argument));
}

BOOST_AUTO_TEST_CASE(the_configuration_says_who_is_the_dca) {
  device.ensure();
  DeviceApplication changed(applications, {"", "root", {"unit=dca.service"}});
  BOOST_TEST(changed.ensure().account == "root");
  BOOST_CHECK_EXCEPTION(applications.add_access_rule("device", "user=root"), agent::Error,
                        has_code(Code::invalid_state));
}

BOOST_AUTO_TEST_CASE(it_is_neither_deleted_nor_withdrawn) {
  device.ensure();
  applications.withdraw_undeclared({});
  BOOST_TEST(applications.get("device").origin == "built-in");
  BOOST_CHECK_EXCEPTION(applications.remove("device"), agent::Error, has_code(Code::invalid_state));
}

BOOST_AUTO_TEST_CASE(D14_no_other_application_has_its_name_or_its_groups) {
  const SlotDeclaration slot = SlotDeclaration::parse("https/https");
  expect_refused({"device", "", "", {}, {slot}, "bus"});
  expect_refused({"web", "", "", {}, {SlotDeclaration::parse("identity/ldevid")}, "bus"});
  ApplicationRecord trusting{"web", "", "", {}, {slot}, "bus"};
  trusting.trust_groups = {"provisioning"};
  expect_refused(trusting);
}

BOOST_AUTO_TEST_CASE(at_the_start_it_is_made_where_the_configuration_speaks_of_it_or_it_is_there) {
  std::vector<ApplicationRecord> made;
  const DeviceApplication::Made note = [&](const ApplicationRecord& record) { made.push_back(record); };
  DeviceApplication(applications, {}, note).follow_configuration();
  BOOST_TEST(applications.list().empty());
  DeviceApplication(applications, {uri, "", {}}, note).follow_configuration();
  BOOST_REQUIRE(made.size() == 1u);
  BOOST_TEST(made.front().application_uri == uri);
  DeviceApplication(applications, {"", "root", {}}, note).follow_configuration();
  BOOST_TEST(made.size() == 1u);
  BOOST_TEST(applications.get("device").account == "root");
}

BOOST_AUTO_TEST_CASE(a_mistake_in_the_configuration_keeps_the_agent_from_nothing_else) {
  DeviceApplication(applications, {"no uri", "", {}}).follow_configuration();
  BOOST_TEST(applications.list().empty());
}

BOOST_AUTO_TEST_CASE(a_name_that_somebody_else_took_before_is_not_taken_over) {
  state.put_application({"device", "urn:x:device", "", {}, {SlotDeclaration::parse("https/https")}, "bus"});
  BOOST_CHECK_EXCEPTION(device.ensure(), agent::Error, has_code(Code::entry_exists));
}

BOOST_AUTO_TEST_SUITE_END()
