// What edgesealctl does without an agent.

#include <sys/stat.h>

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>
#include <functional>

#include "dbus/ctl/chain_file.h"
#include "dbus/ctl/failure.h"
#include "dbus/ctl/files.h"
#include "dbus/ctl/pem.h"
#include "dbus/ctl/slot.h"
#include "dbus/ctl/table.h"
#include "dbus/ctl/terminal.h"
#include "tests/fakes/test_certificate.h"
#include "tests/unit/dbus/temporary_directory.h"

namespace edgeseal::ctl {
namespace {

bool is_usage(const Failure& failure) {
  return failure.code == ExitCode::Usage;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(table)

BOOST_AUTO_TEST_CASE(columns_are_aligned_without_blanks_at_the_end) {
  Table table({"A", "LONGER"});
  table.add({"wide cell", ""});
  table.add({"x", "y"});
  BOOST_TEST(table.text(Table::Style::Plain) == "A          LONGER\nwide cell\nx          y\n");
}

BOOST_AUTO_TEST_CASE(letters_beyond_ascii_have_the_width_of_one) {
  Table table;
  table.add({"Gerät", "1"});
  table.add({"Geraet", "2"});
  BOOST_TEST(table.text(Table::Style::Plain) == "Gerät   1\nGeraet  2\n");
}

BOOST_AUTO_TEST_CASE(a_terminal_gets_a_bold_head_and_colours) {
  Table table({"H"});
  table.add({"ready"}, Colour::Good);
  BOOST_TEST(table.text(Table::Style::Terminal) == "\033[1mH\033[0m\n\033[32mready\033[0m\n");
  BOOST_TEST(table.text(Table::Style::Plain) == "H\nready\n");
}

BOOST_AUTO_TEST_CASE(what_is_not_printable_is_shown_as_question_marks) {
  BOOST_TEST(printable("a\033[2Jb\nc\x7f") == "a?[2Jb?c?");
  BOOST_TEST(printable("Gerät\xc2\x9b"
                       "2J\xe2\x80\xae") == "Gerät?2J?");
}

BOOST_AUTO_TEST_CASE(a_line_is_cut_to_a_width_of_letters) {
  BOOST_TEST(cut_to_width("", 5) == "");
  BOOST_TEST(cut_to_width("abcde", 5) == "abcde");
  BOOST_TEST(cut_to_width("abcdef", 5) == "abc..");
  BOOST_TEST(cut_to_width("Geräte", 6) == "Geräte");
  BOOST_TEST(cut_to_width("Geräte!", 6) == "Gerä..");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(slot)

const Application kApplication{
    "web", "", "", {},
    {},    {}, "", {{"https", {"https"}, "", false, {}}, {"tls", {"tls-server", "tls-client"}, "", false, {}}}};

BOOST_AUTO_TEST_CASE(the_only_choice_is_taken) {
  const Application simple{"web", "", "", {}, {}, {}, "", {{"https", {"https"}, "", false, {}}}};
  BOOST_TEST(choose_slot(simple, "", "").text() == "web/https/https");
  BOOST_TEST(choose_slot(kApplication, "https", "").text() == "web/https/https");
  BOOST_TEST(choose_slot(kApplication, "tls", "tls-client").text() == "web/tls/tls-client");
}

BOOST_AUTO_TEST_CASE(what_is_open_or_wrong_is_a_failure_with_the_choices) {
  const auto lists = [](const std::string& choices) {
    return [choices](const Failure& failure) {
      return is_usage(failure) && failure.remedy.find(choices) != std::string::npos;
    };
  };
  BOOST_CHECK_EXCEPTION((void)choose_slot(kApplication, "", ""), Failure, lists("https, tls"));
  BOOST_CHECK_EXCEPTION((void)choose_slot(kApplication, "tls", ""), Failure, lists("tls-server, tls-client"));
  BOOST_CHECK_EXCEPTION((void)choose_slot(kApplication, "https", "rsa-sha256"), Failure, lists("https"));
  BOOST_CHECK_EXCEPTION((void)choose_slot({"empty", "", "", {}, {}, {}, "", {}}, "", ""), Failure, is_usage);
}

BOOST_AUTO_TEST_CASE(a_slot_is_said_as_one_word_or_by_options_and_not_twice) {
  BOOST_TEST(slot_words("web", "https", "").text() == "web/https/");
  BOOST_TEST(slot_words("web/https/rsa", "https", "").text() == "web/https/rsa");
  BOOST_CHECK_EXCEPTION((void)slot_words("web/https", "tls", ""), Failure, is_usage);
  BOOST_CHECK_EXCEPTION((void)slot_words("web/https/rsa", "", "ec"), Failure, is_usage);
  for (const char* wrong : {"", "/", "web/", "web//rsa", "a/b/c/d"})
    BOOST_CHECK_EXCEPTION((void)slot_words(wrong, "", ""), Failure, is_usage);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(pem)

BOOST_AUTO_TEST_CASE(certificates_are_read_from_pem_and_der) {
  const test::TestCertificate first("one");
  const test::TestCertificate second("two");
  const auto der = first.der();
  BOOST_TEST(certificates_of("text before\n" + first.pem() + second.pem(), "f").size() == 2u);
  std::string damaged = second.pem();
  damaged[damaged.size() / 2] = '!';
  BOOST_CHECK_THROW((void)certificates_of(first.pem() + damaged, "f"), Failure);
  BOOST_CHECK_THROW((void)certificates_of(first.pem() + second.pem().substr(0, 200), "f"), Failure);
  BOOST_TEST((certificates_of({der.begin(), der.end()}, "f") == std::vector<Der>{der}));
}

BOOST_AUTO_TEST_CASE(what_holds_no_certificate_is_refused) {
  const auto der = test::TestCertificate("one").der();
  const std::string whole(der.begin(), der.end());
  for (const std::string& content :
       {std::string(), std::string("garbage"), whole.substr(1), whole.substr(0, whole.size() - 1), whole + "x",
        to_pem("CERTIFICATE", {1, 2, 3}), to_pem("X509 CRL", der)}) {
    BOOST_CHECK_EXCEPTION((void)certificates_of(content, "f"), Failure, is_usage);
  }
}

BOOST_AUTO_TEST_CASE(a_private_key_is_refused_wherever_it_stands) {
  const test::TestCertificate certificate("one");
  BOOST_CHECK_EXCEPTION((void)certificates_of(certificate.key_pem() + certificate.pem(), "f"), Failure, is_usage);
  BOOST_CHECK_EXCEPTION((void)certificates_of(certificate.pem() + certificate.key_pem(), "f"), Failure, is_usage);
}

BOOST_AUTO_TEST_CASE(facts_of_a_certificate) {
  const auto facts = facts_of(test::TestCertificate("gw", "DNS:a.example,IP:2001:db8::1,URI:urn:gw:web").der());
  BOOST_TEST(facts.subject == "CN=gw");
  BOOST_TEST(facts.serial == "1234");
  BOOST_TEST(facts.not_after == "2027-01-01T00:00:00Z");
  BOOST_TEST((facts.names == std::vector<std::string>{"a.example", "2001:db8::1", "urn:gw:web"}));
  BOOST_TEST(facts.fingerprint.size() == 64u);
  BOOST_CHECK_THROW((void)facts_of({1, 2, 3}), Failure);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(files, Directory)

BOOST_AUTO_TEST_CASE(a_new_file_is_whole_and_readable_and_alone) {
  write_file(directory / "a", "content", Existing::Keep);
  BOOST_TEST(content_of(directory / "a") == "content");
  BOOST_TEST(entries() == 1u);
  struct stat status {};
  BOOST_TEST(stat((directory / "a").c_str(), &status) == 0);
  BOOST_TEST((status.st_mode & 0777) == 0644u);
}

BOOST_AUTO_TEST_CASE(an_existing_file_is_kept_unless_it_is_to_be_replaced) {
  write_file(directory / "a", "old", Existing::Keep);
  BOOST_CHECK_EXCEPTION(write_file(directory / "a", "new", Existing::Keep), Failure, is_usage);
  BOOST_TEST(content_of(directory / "a") == "old");
  BOOST_TEST(entries() == 1u);
  write_file(directory / "a", "new", Existing::Replace);
  BOOST_TEST(content_of(directory / "a") == "new");
}

BOOST_AUTO_TEST_CASE(force_is_named_only_where_there_is_such_an_option) {
  write_file(directory / "a", "old", Existing::Keep);
  const auto names_force = [](const Failure& failure) { return failure.remedy.find("--force") != std::string::npos; };
  BOOST_CHECK_EXCEPTION(check_target(directory / "a", Existing::KeepUnlessForced), Failure, names_force);
  BOOST_CHECK_EXCEPTION(check_target(directory / "a", Existing::Keep), Failure, std::not_fn(names_force));
}

BOOST_AUTO_TEST_CASE(the_certificates_of_a_chain_come_after_those_of_the_file) {
  const test::TestCertificate own("own"), issuer("issuer");
  std::ofstream(directory / "own") << own.key_pem() << own.pem();
  std::ofstream(directory / "chain") << issuer.pem();
  const auto own_file = (directory / "own").string();
  BOOST_TEST(
      (read_chain(own_file, directory / "chain", PrivateKeys::Skip) == std::vector<Der>{own.der(), issuer.der()}));
  BOOST_TEST(read_chain(own_file, "", PrivateKeys::Skip).size() == 1u);
  const auto names_key = [](const Failure& failure) { return failure.remedy.find("--key") != std::string::npos; };
  BOOST_CHECK_EXCEPTION((void)read_chain(own_file, "", PrivateKeys::BesidesByOption), Failure, names_key);
  BOOST_CHECK_EXCEPTION((void)read_chain(own_file, ""), Failure, std::not_fn(names_key));
  BOOST_CHECK_THROW((void)read_chain(directory / "chain", own_file, PrivateKeys::Skip), Failure);
}

BOOST_AUTO_TEST_CASE(a_link_is_replaced_not_followed) {
  write_file(directory / "victim", "old", Existing::Keep);
  std::filesystem::create_symlink(directory / "victim", directory / "link");
  BOOST_CHECK_THROW(write_file(directory / "link", "new", Existing::Keep), Failure);
  write_file(directory / "link", "new", Existing::Replace);
  BOOST_TEST(content_of(directory / "victim") == "old");
}

BOOST_AUTO_TEST_CASE(what_is_no_regular_file_is_left_alone) {
  std::filesystem::create_symlink("/dev/null", directory / "sink");
  BOOST_CHECK_EXCEPTION(write_file(directory / "sink", "x", Existing::Replace), Failure, [](const Failure& failure) {
    return std::string(failure.what()).find("no regular file") != std::string::npos;
  });
  BOOST_TEST(std::filesystem::is_symlink(directory / "sink"));
}

BOOST_AUTO_TEST_CASE(a_directory_that_does_not_exist_is_named) {
  BOOST_CHECK_EXCEPTION(write_file(directory / "no" / "a", "x", Existing::Keep), Failure, [](const Failure& failure) {
    return std::string(failure.what()).find("no/a: No such file or directory") != std::string::npos;
  });
}

BOOST_AUTO_TEST_CASE(a_file_beyond_its_limit_is_not_read) {
  std::ofstream(directory / "big") << std::string(1024 * 1024 + 1, 'x');
  BOOST_CHECK_EXCEPTION((void)read_file(directory / "big"), Failure, is_usage);
  BOOST_CHECK_EXCEPTION((void)read_file(directory), Failure, is_usage);
  BOOST_CHECK_EXCEPTION((void)read_file("/dev/zero"), Failure, is_usage);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace edgeseal::ctl
