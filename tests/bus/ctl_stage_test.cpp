// edgesealctl stage against the service on a private bus.

#include <boost/test/unit_test.hpp>
#include <filesystem>

#include "dbus/wire_types.h"
#include "tests/bus/ctl_fixture.h"
#include "tests/fakes/test_certificate.h"

namespace edgeseal::test {
namespace {

struct Fixture : CtlFixture {
  TestCertificate plant{"plant"};
  std::string der{[this] {
    const auto bytes = plant.der();
    return std::string(bytes.begin(), bytes.end());
  }()};
  std::string plant_file = file("plant.der", der);

  std::vector<dbus::StagedDeliveryInfo> deliveries() {
    return service.in_loop([](auto& ports, auto&) { return ports.staging.deliveries; });
  }
  std::filesystem::path folder(const std::string& name) const {
    const auto path = bus.directory() / name;
    std::filesystem::create_directories(path);
    std::filesystem::permissions(path, std::filesystem::perms::owner_all);
    return path;
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(edgesealctl_stage, Fixture)

BOOST_AUTO_TEST_CASE(a_file_is_staged_and_shown_with_its_fingerprint) {
  BOOST_TEST(has(ctl({"stage", "show"}).out, "Nothing is staged."));
  const auto result = ctl({"stage", plant_file, "--group", "web/https", "--origin", "the office"});
  BOOST_TEST(result.err == "");
  BOOST_TEST(result.status == 0);
  BOOST_TEST(has(result.out, std::string(64, 'a')));
  BOOST_TEST(has(result.out, "CN=plant"));
  BOOST_TEST(has(result.out, "edgesealctl stage activate"));
  BOOST_REQUIRE(deliveries().size() == 1u);
  BOOST_TEST(deliveries()[0].group.application == "web");
  BOOST_TEST(deliveries()[0].origin == "the office");
  const auto value = ctl_json({"stage", "show"});
  BOOST_TEST(value["state"] == "staged");
  BOOST_TEST(value["staged"][0]["subject"] == "CN=plant");
}

BOOST_AUTO_TEST_CASE(it_is_activated_and_stays_when_the_right_server_is_reported) {
  BOOST_TEST(ctl({"stage", plant_file, "--activate"}).status == 0);
  BOOST_TEST(ctl_json({"stage", "show"})["state"] == "verifying");
  change([&](auto& ports) { ports.staging.right = {dbus::to_bytes(plant.der())}; });
  BOOST_TEST(has(ctl({"stage", "report", "--host", "gds", plant_file}).out, "right one"));
  BOOST_TEST(ctl_json({"stage", "show"})["state"] == "empty");
}

BOOST_AUTO_TEST_CASE(the_wrong_server_and_a_failure_undo_it) {
  BOOST_TEST(ctl({"stage", plant_file, "--activate"}).status == 0);
  const auto wrong = ctl({"stage", "report", "--host", "gds", plant_file});
  BOOST_TEST(wrong.status == 1);
  BOOST_TEST(has(wrong.err, "the wrong server"));
  BOOST_TEST(ctl({"stage", "activate"}).status == 0);
  const auto for_programs = ctl({"stage", "report", "--host", "gds", plant_file, "--json"});
  BOOST_TEST(for_programs.status == 1);
  const auto value = nlohmann::json::parse(for_programs.out);
  BOOST_TEST(value["verified"] == false);
  BOOST_TEST(has(value["message"].get<std::string>(), "the wrong server"));
  BOOST_TEST(ctl({"stage", "activate"}).status == 0);
  BOOST_TEST(has(ctl({"stage", "report", "--failure", "no route"}).err, "no route"));
  BOOST_TEST(ctl({"stage", "report"}).status == 2);
  BOOST_TEST(ctl({"stage", "activate"}).status == 0);
  BOOST_TEST(has(ctl({"stage", "report", "--failure", "no\nroute\x1b[2J"}).err, "what was staged is undone: no"));
  BOOST_TEST(has(ctl({"stage", "report", "--host", "gds\n", plant_file}).err, "host has characters"));
  BOOST_TEST(ctl({"stage", "discard"}).status == 0);
  BOOST_TEST(ctl({"stage", "discard"}).status == 1);
}

BOOST_AUTO_TEST_CASE(N6_it_is_shown_what_waits_to_be_fetched_what_failed_and_what_came_from_where) {
  const std::string base = "https://a.example.com/";
  change([&](auto& ports) {
    ports.staging.info = {
        .state = "staged",
        .application = "device",
        .group = "provisioning",
        .items = {{.url = base + "waits"},
                  {.url = base + "fails", .problem = "a.example.com answers 404"},
                  {.url = base + "came", .certificate = dbus::to_bytes(plant.der()), .role = "authority"}}};
  });
  const std::string shown = ctl({"stage", "show"}).out;
  for (const char* part :
       {"waiting", "answers 404", "fetched from https://a.example.com/came", "waits until all has been fetched"})
    BOOST_TEST(has(shown, part), shown);
}

BOOST_AUTO_TEST_CASE(what_should_be_known_of_a_file_is_told_as_a_warning) {
  change([](auto& ports) { ports.staging.warnings = {"it ends in a week"}; });
  BOOST_TEST(ctl({"stage", plant_file}).err == "edgesealctl: warning: it ends in a week\n");
}

BOOST_AUTO_TEST_CASE(a_drop_folder_is_emptied_and_what_is_refused_put_aside) {
  const auto drop = folder("drop");
  std::ofstream(drop / "1.der", std::ios::binary) << der;
  std::ofstream(drop / "notes.txt") << "no certificate";
  const auto result = ctl({"stage", "--drop", drop});
  BOOST_TEST(result.status == 0);
  BOOST_TEST(!std::filesystem::exists(drop / "1.der"));
  BOOST_TEST(std::filesystem::exists(drop / "notes.txt"));
  BOOST_REQUIRE(deliveries().size() == 1u);
  BOOST_TEST(deliveries()[0].source == "drop-folder");
  std::ofstream(drop / "a\xc2\xad\xff.der", std::ios::binary) << der;
  BOOST_TEST(ctl({"stage", "--drop", drop}).status == 0);
  BOOST_REQUIRE(deliveries().size() == 2u);
  BOOST_TEST(deliveries()[1].origin == drop.string() + "/a??.der");
  change([](auto& ports) { ports.staging.refusal = "too weak"; });
  std::ofstream(drop / "3.DER", std::ios::binary) << der;
  const auto refused = ctl({"stage", "--drop", drop});
  BOOST_TEST(refused.status == 1);
  BOOST_TEST(has(refused.out, "too weak"));
  BOOST_TEST(std::filesystem::exists(drop / "3.DER.refused"));
}

// edgeseal-drop.path starts the service for as long as there is anything of such a name.
BOOST_AUTO_TEST_CASE(what_is_no_regular_file_is_put_aside_too) {
  const auto drop = folder("drop");
  std::filesystem::create_symlink(plant_file, drop / "1.der");
  std::filesystem::create_directory(drop / "2.pem");
  const auto result = ctl({"stage", "--drop", drop});
  BOOST_TEST(result.status == 1);
  BOOST_TEST(has(result.out, "1.der is refused and renamed to 1.der.refused: it is no regular file"));
  BOOST_TEST(std::filesystem::is_symlink(drop / "1.der.refused"));
  BOOST_TEST(std::filesystem::is_directory(drop / "2.pem.refused"));
  BOOST_TEST(std::filesystem::exists(plant_file));
  BOOST_TEST(deliveries().empty());
  std::ofstream(drop / "2.pem.refused" / "notes.txt") << "in the way";
  std::filesystem::create_directory(drop / "2.pem");
  const auto stuck = ctl({"stage", "--drop", drop});
  BOOST_TEST(stuck.status == 2);
  BOOST_TEST(has(stuck.err, "cannot rename"));
}

BOOST_AUTO_TEST_CASE(a_file_that_lies_in_the_drop_folder_at_boot_waits_until_the_tpm_was_asked) {
  const auto drop = folder("drop");
  std::ofstream(drop / "1.der", std::ios::binary) << der;
  change([](auto& ports) { ports.agent.earlier_descriptions.assign(10, R"({"setup": {"awaits-tpm": true}})"); });
  BOOST_TEST(ctl({"stage", "--drop", drop}).status == 0);
  BOOST_TEST(awaited_descriptions() == 0U);
  BOOST_TEST(deliveries().size() == 1u);
}

BOOST_AUTO_TEST_CASE(what_passes_leaves_the_files_for_another_time) {
  const auto drop = folder("drop"), medium = folder("medium");
  std::filesystem::create_directories(medium / "edgeseal");
  std::ofstream(medium / "edgeseal" / "1.der", std::ios::binary) << der;
  for (const char* passing : {"ServerTooBusy", "ResourceUnavailable", "TransactionPending", "TooManyOperations"}) {
    BOOST_TEST_CONTEXT(passing) {
      std::ofstream(drop / "1.der", std::ios::binary) << der;
      const auto fail = [&] {
        change([&](auto& ports) { ports.staging.fault.set(dbus::CallError(passing, "not now")); });
      };
      fail();
      const auto dropped = ctl({"stage", "--drop", drop});
      BOOST_TEST(dropped.status == 3);
      BOOST_TEST(has(dropped.out, "1.der stays, and is to be tried again: not now"));
      BOOST_TEST(std::filesystem::exists(drop / "1.der"));
      fail();
      BOOST_TEST(ctl({"stage", "--medium", medium}).status == 3);
      BOOST_TEST(ctl({"stage", "--drop", drop}).status == 0);
      BOOST_TEST(ctl({"stage", "--medium", medium}).status == 0);
      BOOST_TEST(!std::filesystem::exists(drop / "1.der"));
    }
  }
  BOOST_TEST(deliveries().size() == 8u);
}

BOOST_AUTO_TEST_CASE(a_setup_that_is_over_refuses_what_is_dropped) {
  const auto drop = folder("drop");
  std::ofstream(drop / "1.der", std::ios::binary) << der;
  change([](auto& ports) { ports.staging.fault.set(dbus::CallError("InvalidState", "the device is configured")); });
  BOOST_TEST(ctl({"stage", "--drop", drop}).status == 1);
  BOOST_TEST(std::filesystem::exists(drop / "1.der.refused"));
}

BOOST_AUTO_TEST_CASE(what_became_of_each_file_is_json_for_programs) {
  const auto drop = folder("drop"), medium = folder("medium");
  BOOST_TEST(ctl_json({"stage", "--drop", drop}) == nlohmann::json::array());
  std::filesystem::create_directories(medium / "edgeseal");
  std::ofstream(medium / "edgeseal" / "1.der", std::ios::binary) << der;
  const auto staged = ctl_json({"stage", "--medium", medium});
  BOOST_TEST(staged[0]["file"] == (medium / "edgeseal" / "1.der").string());
  BOOST_TEST(staged[0]["staged"] == true);
  change([](auto& ports) { ports.staging.refusal = "too weak"; });
  std::ofstream(drop / "1.der", std::ios::binary) << der;
  std::ofstream(drop / "2.der", std::ios::binary) << der;
  const auto refused = ctl({"stage", "--drop", drop, "--json"});
  BOOST_TEST(refused.status == 1);
  const auto values = nlohmann::json::parse(refused.out);
  BOOST_REQUIRE(values.size() == 2u);
  BOOST_TEST(values[1]["staged"] == false);
  BOOST_TEST(has(values[1]["problem"].get<std::string>(), "too weak"));
}

BOOST_AUTO_TEST_CASE(a_drop_folder_that_others_write_is_left_alone) {
  const auto drop = folder("open");
  std::filesystem::permissions(drop, std::filesystem::perms::all);
  std::ofstream(drop / "1.der", std::ios::binary) << der;
  const auto result = ctl({"stage", "--drop", drop});
  BOOST_TEST(result.status == 2);
  BOOST_TEST(has(result.err, "its owner alone"));
  BOOST_TEST(std::filesystem::exists(drop / "1.der"));
}

BOOST_AUTO_TEST_CASE(a_medium_is_read_in_its_own_directory_and_left_as_it_is) {
  const auto medium = folder("medium");
  std::filesystem::create_directories(medium / "edgeseal");
  std::ofstream(medium / "edgeseal" / "1.der", std::ios::binary) << der;
  std::filesystem::create_symlink(plant_file, medium / "edgeseal" / "3.der");
  std::ofstream(medium / "2.der", std::ios::binary) << der;
  BOOST_TEST(ctl({"stage", "--medium", medium}).status == 0);
  BOOST_REQUIRE(deliveries().size() == 1u);
  BOOST_TEST(deliveries()[0].source == "medium");
  BOOST_TEST(std::filesystem::exists(medium / "edgeseal" / "1.der"));
  BOOST_TEST(ctl({"stage"}).status == 2);
  BOOST_TEST(ctl({"stage", plant_file, "--medium", medium}).status == 2);
  for (const std::vector<std::string>& other : {std::vector<std::string>{"--activate"}, {"--source", "command"}})
    for (const std::string directory : {"--drop", "--medium"}) {
      std::vector<std::string> arguments{"stage", directory, medium};
      arguments.insert(arguments.end(), other.begin(), other.end());
      const auto result = ctl(arguments);
      BOOST_TEST(result.status == 2);
      BOOST_TEST(has(result.err, directory));
      BOOST_TEST(has(result.err, other[0]));
    }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace edgeseal::test
