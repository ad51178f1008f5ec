#include "tpm/capabilities.h"

#include <boost/test/unit_test.hpp>

#include "tpm/error.h"

namespace edgeseal::tpm {
namespace {

using Handles = std::vector<TPM2_HANDLE>;

BOOST_AUTO_TEST_SUITE(a_list_of_handles)

BOOST_AUTO_TEST_CASE(is_asked_for_until_there_are_no_more) {
  Handles asked;
  const auto found = collect_handles(0x81000000, [&](TPM2_HANDLE from) {
    asked.push_back(from);
    return asked.size() == 1 ? SomeHandles{{0x81000001, 0x81000005}, true} : SomeHandles{{0x81010001}, false};
  });
  BOOST_TEST(found == (Handles{0x81000001, 0x81000005, 0x81010001}), boost::test_tools::per_element());
  BOOST_TEST(asked == (Handles{0x81000000, 0x81000006}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(ends_with_its_kind) {
  const auto found = collect_handles(0x80ffffff, [](TPM2_HANDLE) {
    return SomeHandles{{0x80ffffff, 0x81000001, 0x80000000}, true};
  });
  BOOST_TEST(found == Handles{0x80ffffff}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(of_loaded_sessions_has_those_with_a_policy) {
  const Handles sessions{0x02000000, 0x03000001, 0x02000002};
  const auto found = collect_handles(TPM2_LOADED_SESSION_FIRST, [&](TPM2_HANDLE) {
    return SomeHandles{sessions, false};
  });
  BOOST_TEST(found == sessions, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(of_a_chip_that_goes_on_for_ever_is_refused) {
  const auto next = [](TPM2_HANDLE from) { return SomeHandles{{from}, true}; };
  BOOST_CHECK_EXCEPTION((void)collect_handles(0x01000000, next), Error,
                        [](const Error& error) { return error.fault() == Fault::failed; });
  BOOST_TEST(collect_handles(0x01000000, [](TPM2_HANDLE) { return SomeHandles{{}, true}; }).empty());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace edgeseal::tpm
