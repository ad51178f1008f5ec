#include <boost/test/unit_test.hpp>
#include <map>
#include <string>

#include "agent/certificates/opc_ua_names.h"

using namespace edgeseal;

BOOST_AUTO_TEST_SUITE(opc_ua_names)

BOOST_AUTO_TEST_CASE(E3_a_null_group_id_is_the_application_group) {
  for (const char* id : {"", "i=0", "ns=0;i=0", "i=14156", "ns=0;i=14156", "application"})
    BOOST_TEST(agent::group_name(id) == "application");
}

BOOST_AUTO_TEST_CASE(groups_are_known_by_node_id_and_by_name) {
  BOOST_TEST(agent::group_name("i=14088") == "https");
  BOOST_TEST(agent::group_name("ns=0;i=14122") == "user-token");
  BOOST_TEST(agent::group_name("tls") == "tls");
}

BOOST_AUTO_TEST_CASE(E3_other_group_ids_are_no_group) {
  for (const char* id : {"i=14157", "ns=1;i=14156", "ns=0;https", "s=application", "Application", "i=141560", "ns=0;"})
    BOOST_TEST(agent::group_name(id).empty());
}

BOOST_AUTO_TEST_CASE(E4_null_and_abstract_types_are_no_type) {
  for (const char* id : {"", "i=0", "i=12556", "i=12557", "i=23537", "i=12559", "ns=2;i=12560"})
    BOOST_TEST(agent::certificate_type_name(id).empty());
}

BOOST_AUTO_TEST_CASE(types_are_known_by_node_id_and_by_name) {
  const std::map<std::string, std::string> types = {{"i=12560", "rsa-sha256"},    {"i=23538", "ecc-nist-p256"},
                                                    {"i=23539", "ecc-nist-p384"}, {"i=12558", "https"},
                                                    {"i=19325", "tls-server"},    {"i=19326", "tls-client"}};
  for (const auto& [node_id, type] : types)
    for (const std::string& id : {node_id, "ns=0;" + node_id, type})
      BOOST_TEST(agent::certificate_type_name(id) == type);
}

BOOST_AUTO_TEST_SUITE_END()
