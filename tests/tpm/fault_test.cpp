#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include "tests/tpm/loaded_handles.h"
#include "tests/tpm/traced_fixture.h"

namespace edgeseal::test {
namespace {

using tpm::Error;
using tpm::Fault;
namespace data = boost::unit_test::data;

auto fault_and_text(Fault fault, std::string text) {
  return [fault, text = std::move(text)](const Error& error) {
    BOOST_TEST_MESSAGE(error.what());
    return error.fault() == fault && std::string(error.what()).find(text) != std::string::npos;
  };
}

BOOST_AUTO_TEST_SUITE(opening)

BOOST_AUTO_TEST_CASE(a_tpm_that_is_not_there_is_absent_and_named) {
  const std::string configurations[] = {"swtpm:path=/nonexistent/tpm", "device:/nonexistent/tpmrm0", "nosuchtcti:x"};
  for (const std::string& tcti : configurations) {
    BOOST_CHECK_EXCEPTION((void)tpm::open_esys_key_device(settings_for(tcti)), Error,
                          fault_and_text(Fault::absent, tcti));
  }
}

BOOST_AUTO_TEST_CASE(a_device_node_that_is_not_there_is_said_to_be_missing) {
  BOOST_CHECK_EXCEPTION((void)tpm::open_esys_key_device(settings_for("device:/nonexistent/tpmrm0")), Error,
                        fault_and_text(Fault::absent, "No such file or directory"));
}

BOOST_AUTO_TEST_CASE(a_tpm_that_nobody_started_starts_it) {
  const Swtpm swtpm(Swtpm::PowerOn::not_started);
  BOOST_TEST(tpm::open_esys_key_device(settings_for(swtpm.tcti()))->facts().manufacturer == "IBM");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(a_fault, TracedFixture)

BOOST_AUTO_TEST_CASE(at_the_first_command_makes_the_tpm_absent) {
  BOOST_CHECK_EXCEPTION(open_with("144 1 rc=a000a"), Error, fault_and_text(Fault::absent, swtpm.tcti()));
}

// TPM_RC_YIELDED, TPM_RC_TESTING, TPM_RC_RETRY; ESAPI repeats a command five times by itself, we as often as told.
BOOST_DATA_TEST_CASE_F(TracedFixture, of_a_busy_chip_is_waited_out, data::make({"908", "90a", "922"})) {
  open_with(std::string("15d 1-7 rc=") + sample);
  const tpm::StoredKey key = new_key();
  (void)commands();
  BOOST_CHECK_NO_THROW(sign(key));
  BOOST_TEST(count(commands(), command::kSign) == 8);
}

BOOST_AUTO_TEST_CASE(of_a_chip_that_stays_busy_ends_in_busy_and_hurts_nothing_else) {
  open_with("15d 1-1000 rc=922");
  const tpm::StoredKey key = new_key();
  (void)commands();
  BOOST_CHECK_EXCEPTION(sign(key), Error, has_fault(Fault::busy));
  BOOST_TEST(count(commands(), command::kSign) <= 18);
  BOOST_CHECK_NO_THROW((void)new_key());
}

BOOST_AUTO_TEST_CASE(of_the_transport_poisons_the_device_without_another_command) {
  open_with("15d 1 rc=a000a");
  const tpm::StoredKey key = new_key();
  BOOST_CHECK_EXCEPTION(sign(key), Error, has_fault(Fault::transport));
  (void)commands();
  BOOST_CHECK_EXCEPTION(sign(key), Error, has_fault(Fault::transport));
  BOOST_CHECK_EXCEPTION((void)new_key(), Error, has_fault(Fault::transport));
  device->evict(key.id);
  BOOST_TEST(commands().empty());
}

BOOST_AUTO_TEST_CASE(of_the_transport_leaves_nothing_in_the_chip_and_is_over_when_opened_again) {
  open_with("15d 1 rc=a000a");
  const tpm::StoredKey key = new_key();
  BOOST_CHECK_EXCEPTION(sign(key), Error, has_fault(Fault::transport));
  device.reset();
  BOOST_TEST(leftovers_in(swtpm) == 0U);
  open_without_faults();
  BOOST_CHECK_NO_THROW(sign(key));
}

BOOST_AUTO_TEST_CASE(of_a_chip_that_was_reset_calls_for_opening_again) {
  const tpm::StoredKey key = new_key();
  sign(key);
  swtpm.stop();
  swtpm.start();
  BOOST_CHECK_EXCEPTION(sign(key), Error, has_fault(Fault::transport));
  open();
  BOOST_CHECK_NO_THROW(sign(key));
}

// TPM_RC_INITIALIZE, TPM_RC_REFERENCE_H0, TPM_RC_REFERENCE_S0: what we had loaded is gone.
BOOST_DATA_TEST_CASE_F(TracedFixture, of_lost_handles_calls_for_opening_again, data::make({"100", "910", "918"})) {
  open_with(std::string("15d 1 rc=") + sample);
  const tpm::StoredKey key = new_key();
  BOOST_CHECK_EXCEPTION(sign(key), Error, has_fault(Fault::transport));
  BOOST_CHECK_EXCEPTION(sign(key), Error, has_fault(Fault::transport));
}

BOOST_AUTO_TEST_CASE(of_lockout_is_told_and_does_not_poison) {
  open_with("15d 1 rc=921");
  const tpm::StoredKey key = new_key();
  BOOST_CHECK_EXCEPTION(sign(key), Error, has_fault(Fault::locked_out));
  BOOST_CHECK_NO_THROW(sign(key));
}

BOOST_AUTO_TEST_CASE(of_full_slots_makes_room_and_loads) {
  open_with("157 2 rc=902");  // somebody else took the slot that we count on
  const tpm::StoredKey first = new_key(), second = new_key();
  sign(first);
  (void)commands();
  sign(second);
  const std::vector<std::string> expected{command::kLoad, command::kFlushContext, command::kLoad, command::kSign};
  BOOST_TEST(commands() == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(of_full_slots_with_nothing_to_give_up_is_told) {
  open_with("157 1 rc=902");
  const tpm::StoredKey key = new_key();
  BOOST_CHECK_EXCEPTION(sign(key), Error, fault_and_text(Fault::busy, "use the resource manager, /dev/tpmrm0"));
  BOOST_CHECK_NO_THROW(sign(key));
}

BOOST_AUTO_TEST_CASE(of_full_slots_makes_room_for_a_creation) {
  open_with("153 2 rc=902");
  const tpm::StoredKey key = new_key();
  sign(key);
  (void)commands();
  BOOST_CHECK_NO_THROW((void)new_key());
  const std::vector<std::string> expected{command::kCreate, command::kFlushContext, command::kCreate};
  BOOST_TEST(commands() == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace edgeseal::test
