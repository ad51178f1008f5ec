#include "tpm/tss_version.h"

#include <boost/test/unit_test.hpp>
#include <string_view>

namespace edgeseal::tpm {
namespace {

using namespace std::string_literals;

void append(Bytes& out, std::string text) {
  text.resize((text.size() + 3) / 4 * 4);
  for (const char character : text) out.push_back(static_cast<std::byte>(character));
}

std::string number(std::uint32_t value) {
  return std::string(reinterpret_cast<const char*>(&value), sizeof value);
}

Bytes note(std::uint32_t type, const std::string& owner, const std::string& content) {
  Bytes out;
  append(out, number(static_cast<std::uint32_t>(owner.size())));
  append(out, number(static_cast<std::uint32_t>(content.size())));
  append(out, number(type));
  append(out, owner);
  append(out, content);
  return out;
}

Bytes package_note(const std::string& content) {
  return note(0xcafe1a7e, "FDO\0"s, content);
}

BOOST_AUTO_TEST_SUITE(the_version_of_the_tss)

BOOST_AUTO_TEST_CASE(stands_in_the_note_of_the_package) {
  const Bytes package =
      package_note(R"({"type":"rpm","name":"tpm2-tss","version":"4.1.3-1.fc41","architecture":"x86_64"})");
  BOOST_TEST(package_version_in(package).value() == "4.1.3-1.fc41");
  Bytes behind_another = note(3, "GNU\0"s, "a build id of no good length");
  behind_another.insert(behind_another.end(), package.begin(), package.end());
  BOOST_TEST(package_version_in(behind_another).value() == "4.1.3-1.fc41");
}

BOOST_AUTO_TEST_CASE(is_not_told_by_notes_of_others) {
  BOOST_TEST(!package_version_in({}));
  BOOST_TEST(!package_version_in(note(3, "GNU\0"s, R"({"version":"1"})")));
  BOOST_TEST(!package_version_in(note(0xcafe1a7e, "GNU\0"s, R"({"version":"1"})")));
}

BOOST_AUTO_TEST_CASE(is_not_taken_from_what_is_malformed) {
  for (const auto* content :
       {"", "{}", R"({"version":"")", R"({"version":"1.2)", R"({"version":"1.2;x"})", R"({"version":1})"}) {
    BOOST_TEST(!package_version_in(package_note(content)));
  }
  BOOST_TEST(!package_version_in(package_note(R"({"version":")" + std::string(65, '1') + "\"}")));
}

BOOST_AUTO_TEST_CASE(of_a_note_that_is_cut_off_is_not_told) {
  const Bytes whole = package_note(R"({"version":"4.1.3-1.fc41"})");
  for (std::size_t size = 0; size + 4 <= whole.size(); ++size) {
    BOOST_TEST(!package_version_in(ByteView(whole).first(size)));
  }
}

BOOST_AUTO_TEST_CASE(that_is_loaded_is_empty_or_begins_with_a_number) {
  const std::string version = tss_version();
  BOOST_TEST((version.empty() || (version[0] >= '0' && version[0] <= '9')));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace edgeseal::tpm
