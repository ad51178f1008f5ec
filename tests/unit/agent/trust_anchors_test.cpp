#include "agent/trust/trust_anchors.h"

#include <boost/test/unit_test.hpp>

#include "tests/unit/agent/error_code.h"
#include "tests/unit/agent/gateway.h"

using namespace edgeseal;
using agent::Slot;
using agent::TrustAnchors;
using test::Gateway;
using test::TestCa;

namespace {

// An application with two groups, as a gateway has that serves HTTPS and connects to a broker.
struct TwoGroups : Gateway {
  TwoGroups() {
    std::vector<agent::SlotDeclaration> slots;
    for (const char* text : {"https/https", "tls/tls-server", "tls/tls-client"})
      slots.push_back(agent::SlotDeclaration::parse(text));
    applications.create({"web", "", "", {}, slots, "bus", {}});
  }

  void install_of(TestCa& issuer, const Slot& slot, const std::vector<tpm::Bytes>& issuers) {
    groups.update(owner, {slot.application, slot.group}, {slot.certificate_type, issuer.sign(request(slot)), issuers});
    apply(slot);
  }

  void prepare_seal() {
    (void)value<std::monostate>([&](agent::Answer<std::monostate> answer) { seal.prepare(std::move(answer)); });
  }

  void put_list(const agent::TrustList& list) {
    prepare_seal();
    const auto checked = lists.check({"web", "https"}, list, clock.now());
    state.commit({{}, {}, {checked.record}}, clock.now());
    lists.committed(checked);
    keys.forget_cached();
  }

  std::vector<tpm::Bytes> anchors(const std::string& name) {
    return keys.trust_of(keys.resolve(name))->anchors.certificates;
  }

  std::string refusal(std::string_view name) {
    try {
      return keys.resolve(name).key_name();
    } catch (const agent::Error& error) {
      BOOST_TEST((error.code() == agent::Code::not_found));
      return error.what();
    }
  }

  const Slot https{"web", "https", "https"}, server{"web", "tls", "tls-server"}, client{"web", "tls", "tls-client"};
};

TrustAnchors list_of(std::size_t count, std::size_t size) {
  TrustAnchors anchors;
  anchors.generation = 7;
  for (std::size_t i = 0; i < count; ++i) anchors.certificates.emplace_back(size, static_cast<std::byte>(i));
  return anchors;
}

// All of it, as a client collects it.
std::vector<tpm::Bytes> collect(const TrustAnchors& anchors) {
  std::vector<std::byte> record(wire::max_message_size);
  std::vector<tpm::Bytes> all;
  while (all.size() < anchors.certificates.size()) {
    const std::size_t size = wire::encode(1, page_of(anchors, all.size()), record);
    wire::TrustAnchorsResponse page;
    BOOST_REQUIRE(wire::decode(wire::ByteView(record).first(size), page));
    BOOST_REQUIRE(page.certificates.count > 0u);
    BOOST_TEST(page.total == anchors.certificates.size());
    BOOST_TEST(page.generation == anchors.generation);
    for (std::size_t i = 0; i < page.certificates.count; ++i)
      all.emplace_back(page.certificates.certificates[i].begin(), page.certificates.certificates[i].end());
  }
  return all;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(trust_anchors, TwoGroups)

BOOST_AUTO_TEST_CASE(a_group_without_certificates_trusts_nobody) {
  BOOST_TEST(anchors("web").empty());
}

BOOST_AUTO_TEST_CASE(each_root_of_the_group_is_there_once_and_those_of_other_groups_are_not) {
  TestCa web_ca("web CA"), broker_ca("broker CA"), client_ca("client CA");
  install_of(web_ca, https, {web_ca.certificate()});
  install_of(broker_ca, server, {broker_ca.certificate()});
  install_of(broker_ca, client, {broker_ca.certificate()});
  BOOST_TEST((anchors("web/https") == std::vector<tpm::Bytes>{web_ca.certificate()}));
  BOOST_TEST((anchors("web/tls") == std::vector<tpm::Bytes>{broker_ca.certificate()}));
  install_of(client_ca, client, {client_ca.certificate()});
  BOOST_TEST(
      (anchors("web/tls/tls-client") == std::vector<tpm::Bytes>{broker_ca.certificate(), client_ca.certificate()}));
}

BOOST_AUTO_TEST_CASE(more_than_can_be_told_are_refused_and_not_cut_off) {
  BOOST_TEST(page_of(list_of(65'535, 1), 0).total == 65'535u);
  BOOST_CHECK_EXCEPTION((void)page_of(list_of(65'536, 1), 0), agent::Error, test::has_code(agent::Code::not_supported));
}

BOOST_AUTO_TEST_CASE(an_intermediate_is_no_root) {
  TestCa root("root");
  TestCa intermediate("intermediate", root);
  install_of(intermediate, https, {intermediate.certificate(), root.certificate()});
  BOOST_TEST((anchors("web/https") == std::vector<tpm::Bytes>{root.certificate()}));
}

BOOST_AUTO_TEST_CASE(another_list_has_another_generation_and_the_same_list_the_same) {
  TestCa first("first"), second("second");
  const auto generation = [this] { return keys.trust_of(https)->anchors.generation; };
  const auto empty = generation();
  install_of(first, https, {first.certificate()});
  const auto filled = generation();
  BOOST_TEST(filled != empty);
  install_of(first, https, {first.certificate()});
  BOOST_TEST(generation() == filled);
  install_of(second, https, {second.certificate()});
  BOOST_TEST(generation() != filled);
}

BOOST_AUTO_TEST_CASE(a_group_that_was_given_a_trust_list_trusts_those_of_it_and_nobody_else) {
  TestCa installed("installed"), pushed("pushed");
  install_of(installed, https, {installed.certificate()});
  BOOST_TEST((anchors("web/https") == std::vector<tpm::Bytes>{installed.certificate()}));  // it never had one
  put_list({.trusted_certificates = {pushed.certificate(), pushed.certificate()},
            .issuer_certificates = {installed.certificate()}});
  BOOST_TEST((anchors("web/https") == std::vector<tpm::Bytes>{pushed.certificate()}));
  put_list({});
  BOOST_TEST(anchors("web/https").empty());
  BOOST_TEST(anchors("web/tls").empty());
}

BOOST_AUTO_TEST_CASE(D11_a_damaged_certificate_keeps_the_roots_of_no_other_slot_away) {
  TestCa lost("lost"), kept("kept");
  install_of(lost, server, {lost.certificate()});
  damage_certificates("web");
  install_of(kept, client, {kept.certificate()});
  BOOST_TEST((anchors("web/tls/tls-client") == std::vector<tpm::Bytes>{kept.certificate()}));
}

BOOST_AUTO_TEST_CASE(a_trust_list_that_cannot_be_checked_gives_no_roots) {
  put_list({.trusted_certificates = {ca.certificate()}});
  agent::IntegritySeal closed(state, worker, [] {});
  agent::TrustLists unchecked(state, closed, audit, {}, [](const dbus::GroupName&) {});
  agent::KeyService early(state, worker, sealed, retired, unchecked);
  BOOST_CHECK_EXCEPTION((void)early.trust_of(https), agent::Error, test::has_code(agent::Code::tpm_unavailable));
}

BOOST_AUTO_TEST_CASE(D11_who_hears_of_a_damaged_list_may_empty_the_cache_while_it_is_read) {
  prepare_seal();
  agent::TrustListRecord unsealed{"web", "https"};
  unsealed.list.trusted_certificates = {ca.certificate()};
  state.commit({.trust_lists = {unsealed}}, clock.now());
  std::optional<agent::KeyService> told;
  agent::TrustLists watched(state, seal, audit, {}, [&](const dbus::GroupName&) { told->forget_cached(); });
  told.emplace(state, worker, sealed, retired, watched);
  const agent::GroupTrustPtr trust = told->trust_of(https);
  BOOST_TEST(trust->anchors.certificates.empty());
  BOOST_TEST((told->trust_of(https) == trust));
}

BOOST_AUTO_TEST_CASE(a_long_list_comes_in_pages_that_fit_a_record) {
  for (const std::size_t size : {std::size_t{1}, std::size_t{900}, agent::max_certificate_size}) {
    const TrustAnchors many = list_of(100, size);
    BOOST_TEST((collect(many) == many.certificates));
  }
}

BOOST_AUTO_TEST_CASE(behind_the_end_is_an_empty_page) {
  const TrustAnchors two = list_of(2, 500);
  for (const std::size_t first : {2u, 3u, 65535u}) {
    BOOST_TEST(page_of(two, first).certificates.count == 0u);
    BOOST_TEST(page_of(two, first).total == 2u);
  }
}

BOOST_AUTO_TEST_CASE(an_empty_part_of_a_name_is_the_first_one) {
  for (const char* name : {"web", "web/", "web//", "web/https", "web/https/", "web//https"})
    BOOST_TEST(keys.resolve(name).key_name() == "web/https/https");
  for (const char* name : {"web/tls", "web/tls/", "web//tls-server"})
    BOOST_TEST(keys.resolve(name).key_name() == "web/tls/tls-server");
  for (const char* name : {"web//tls-client", "web/tls/tls-client"})
    BOOST_TEST(keys.resolve(name).key_name() == "web/tls/tls-client");
}

BOOST_AUTO_TEST_CASE(what_is_missing_is_named) {
  const auto says = [this](std::string_view name, const char* words) {
    const std::string text = refusal(name);
    BOOST_TEST(text.starts_with(words), name << ": " << text);
  };
  says("nobody/https", "there is no application \"nobody\"");
  says("/https/https", "a key name begins with an application");
  says("web/mail", "application web has no certificate group \"mail\"");
  says("web/mail/https", "application web has no certificate group \"mail\"");
  says("web/tls/https", "group tls of application web has no certificate type \"https\"");
  says("web//mail", "application web has no certificate type \"mail\"");
  says("web/tls/tls-client/more", "group tls of application web has no certificate type \"tls-client/more\"");
}

BOOST_AUTO_TEST_SUITE_END()
