#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include "tests/tpm/loaded_handles.h"
#include "tests/tpm/program.h"
#include "tests/tpm/traced_fixture.h"
#include "tpm/tcti.h"

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

BOOST_AUTO_TEST_CASE(a_device_node_that_another_program_holds_is_busy_and_one_that_is_forbidden_says_so) {
  const auto held = tpm::unreachable("device:/dev/tpm0", TSS2_TCTI_RC_IO_ERROR, EBUSY);
  BOOST_TEST(fault_and_text(Fault::busy, "device:/dev/tpm0: Device or resource busy. Another program holds it")(held));
  const auto forbidden = tpm::unreachable("device:/dev/tpmrm0", TSS2_TCTI_RC_IO_ERROR, EACCES);
  BOOST_TEST(fault_and_text(Fault::absent, "Permission denied. The account of the agent must be in")(forbidden));
  const auto filtered = tpm::unreachable("device:/dev/tpmrm0", TSS2_TCTI_RC_IO_ERROR, EPERM);
  BOOST_TEST(fault_and_text(Fault::absent, "Operation not permitted. The unit of the agent may not use it")(filtered));
}

// TPM_RC_TESTING: the self-test at power-on takes its time.
BOOST_FIXTURE_TEST_CASE(a_tpm_that_tests_itself_is_waited_for_and_busy_if_it_does_not_end, TracedFixture) {
  BOOST_CHECK_NO_THROW(open_with("144 1-3 rc=90a\n17a 1-2 rc=90a"));
  BOOST_CHECK_EXCEPTION(open_with("144 1- rc=90a"), Error, has_fault(Fault::busy));
  BOOST_CHECK_EXCEPTION(open_with("17a 1- rc=90a"), Error, has_fault(Fault::busy));
}

// TPM_RC_CONTEXT_GAP
BOOST_FIXTURE_TEST_CASE(a_tpm_that_begins_no_session_because_of_an_unused_one_says_what_to_do, TracedFixture) {
  BOOST_CHECK_EXCEPTION(open_with("176 1 rc=901"), Error, fault_and_text(Fault::busy, "fuser -v /dev/tpmrm0"));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(a_tpm, TracedFixture)

BOOST_AUTO_TEST_CASE(that_is_absent_at_first_is_there_when_it_appears) {
  const tpm::StoredKey key = new_key();
  device.reset();
  swtpm.stop();
  for (int i = 0; i < 3; ++i) BOOST_CHECK_EXCEPTION(open(), Error, has_fault(Fault::absent));
  swtpm.start();
  open();
  BOOST_CHECK_NO_THROW(sign(key));
}

BOOST_AUTO_TEST_CASE(that_is_removed_while_open_is_a_failed_transport_then_absent_then_the_same) {
  const tpm::Bytes name = device->facts().storage_key_name;
  const tpm::StoredKey key = new_key();
  sign(key);
  swtpm.stop();
  BOOST_CHECK_EXCEPTION(sign(key), Error, has_fault(Fault::transport));
  BOOST_CHECK_EXCEPTION((void)device->lockout(), Error, has_fault(Fault::transport));
  BOOST_CHECK_EXCEPTION(open(), Error, has_fault(Fault::absent));
  swtpm.start();
  open();
  BOOST_CHECK_NO_THROW(sign(key));
  BOOST_TEST((device->facts().storage_key_name == name));
}

// As a chip whose power fails while the driver stays: the connection goes on, the chip has forgotten us.
BOOST_AUTO_TEST_CASE(that_is_reset_behind_an_open_connection_calls_for_opening_again) {
  (void)device->define_anchor();
  const tpm::StoredKey key = new_key();
  sign(key);
  (void)run_program("swtpm_ioctl --unix " + swtpm.control_path() + " -i");
  BOOST_CHECK_EXCEPTION(sign(key), Error, has_fault(Fault::transport));
  BOOST_CHECK_EXCEPTION((void)device->count_failed_try(), Error, has_fault(Fault::transport));
  open();
  BOOST_CHECK_NO_THROW(sign(key));
  BOOST_TEST(device->count_failed_try() == 1U);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(a_fault, TracedFixture)

// TSS2_TCTI_RC_IO_ERROR, which ETIME of the driver becomes, NO_CONNECTION, MALFORMED_RESPONSE, GENERAL_FAILURE. ESAPI
// asks again for ever on TRY_AGAIN, which no TCTI answers when it is told to wait.
BOOST_DATA_TEST_CASE_F(TracedFixture, of_any_layer_below_calls_for_opening_again,
                       data::make({"a000a", "a0008", "a0017", "a0001"})) {
  open_with(std::string("15d 1 rc=") + sample);
  const tpm::StoredKey key = new_key();
  BOOST_CHECK_EXCEPTION(sign(key), Error, has_fault(Fault::transport));
  open_without_faults();
  BOOST_CHECK_NO_THROW(sign(key));
}

// TPM2_Sign, TPM2_NV_Increment, TPM2_Unseal: the HMAC does not fit any more.
BOOST_AUTO_TEST_CASE(of_the_bus_that_alters_an_answer_is_noticed) {
  open_with("15d 1 alter");
  const tpm::StoredKey key = new_key();
  BOOST_CHECK_EXCEPTION(sign(key), Error, has_fault(Fault::transport));
  open_with("134 3 alter");
  (void)device->define_anchor();
  BOOST_CHECK_EXCEPTION((void)device->count_failed_try(), Error, has_fault(Fault::transport));
  open_with("15e 1 alter");
  const tpm::SealedSecret sealed = device->seal(digest);
  BOOST_CHECK_EXCEPTION((void)device->unseal(sealed), Error, has_fault(Fault::transport));
  device.reset();
  BOOST_TEST(leftovers_in(swtpm) == 0U);
}

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
