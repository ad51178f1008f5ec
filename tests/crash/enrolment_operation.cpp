#include <fmt/format.h>

#include "tests/crash/enroller.h"
#include "tests/crash/operation.h"

// The ways by which a certificate comes from an authority.
namespace edgeseal::crash {
namespace {

using Step = std::function<void(Client&, Enroller&)>;

constexpr const char* profile = "plant";
constexpr const char* ca = "ca";
const Change new_certificate{{"web/https https certificate 0", kAnother}};
const Change new_certificate_and_list{{"web/https https certificate 0", kAnother},
                                      {"web/https LastUpdateTime", kAnother}};

std::string of_slot(const std::string& text, const std::string& slot = name_of(kHttpsSlot)) {
  return fmt::format("slots = [\"{}\"]\nautomatic = false\n{}", slot, text);
}

const std::string est = of_slot(
    "protocol = \"est\"\nurl = \"https://pki.plant.example\"\n[trust]\ngroup = \"web/https\"\n"
    "[credentials]\nfirst = [\"secret\"]\nuser = \"gateway\"\n");
const std::string est_without_list =
    of_slot("protocol = \"est\"\nurl = \"https://pki.plant.example\"\n[trust]\nfirst-contact = \"system\"\n");
const std::string est_for_person =
    of_slot("protocol = \"est\"\nurl = \"https://pki.plant.example\"\n[trust]\nfirst-contact = \"person\"\n");

std::function<void(Client&)> as_enroller(const std::shared_ptr<Enroller::Requests>& requests, const Step& step) {
  return [requests, step](Client& client) {
    Enroller enroller(client, *requests);
    step(client, enroller);
  };
}

Operation operation(const char* name, const Step& prepare, const Step& run, const Change& differs) {
  const auto requests = std::make_shared<Enroller::Requests>();
  const auto settle = [requests](Client& client) {
    Enroller::Requests known = *requests;  // not changed: there may be another disk to judge
    Enroller enroller(client, known);
    enroller.finish_after_all();
    enroller.require_no_orphan();
  };
  Operation made{.name = name,
                 .prepare = as_enroller(requests, prepare),
                 .differs = differs,
                 .settle = settle,
                 .goes_on = true,
                 .whole = kHttpsSlot,
                 .secret = kSecret};
  if (run) made.run = [step = as_enroller(requests, run)](Client& client, Change&) { step(client); };
  return made;
}

Step with_profile(const std::string& text) {
  return [text](Client&, Enroller& enroller) { enroller.set_profile(profile, text); };
}

void renew(Client&, Enroller& enroller) {
  enroller.renew(kHttpsSlot);
  enroller.finish();
}

Operation self_signed() {
  return operation("self-signed", with_profile(of_slot("protocol = \"self-signed\"\n")), renew, new_certificate);
}

void make_authority(Client& client, Enroller& enroller) {
  client.create(ca, {"tls/tls-server=ec-p256"});
  enroller.set_profile(ca, of_slot("protocol = \"self-signed\"\nauthority = true\n", "ca/tls/tls-server"));
  enroller.enroll(ca);
  enroller.finish();
}

Operation local_ca() {
  const auto prepare = [](Client& client, Enroller& enroller) {
    make_authority(client, enroller);
    enroller.set_profile(profile, of_slot("protocol = \"local-ca\"\nca = \"ca/tls/tls-server\"\n"));
  };
  return operation("local-ca", prepare, renew, new_certificate);
}

Operation external() {
  return operation("external", with_profile(of_slot("protocol = \"external\"\n")), renew, new_certificate);
}

// The authority has a successor, which signs, and goes into the trust list with the certificate.
Operation enrolment() {
  const auto prepare = [](Client& client, Enroller& enroller) {
    client.stage_deletion(kHttpsSlot);
    client.apply(kApplication);
    enroller.set_profile(profile, est);
  };
  const auto run = [](Client&, Enroller& enroller) {
    enroller.enroll(profile, kSecret);
    enroller.finish();
  };
  return operation("enrolment", prepare, run, new_certificate_and_list);
}

Operation renewal() {
  return operation("renewal", with_profile(est), renew, new_certificate_and_list);
}

Operation first_contact() {
  return operation("first contact with a person", with_profile(est_for_person), renew, new_certificate);
}

// Of a job that somebody had.
Operation start() {
  const auto prepare = [](Client&, Enroller& enroller) {
    enroller.set_profile(profile, est_without_list);
    enroller.renew(kHttpsSlot);
    enroller.take();
  };
  Operation made = operation("start with a job", prepare, {}, new_certificate);
  made.whole.reset();  // before is after another such start
  return made;
}

Operation cancellation() {
  const auto prepare = [](Client&, Enroller& enroller) {
    enroller.set_profile(profile, est);
    enroller.renew(kHttpsSlot);
    enroller.wait_until_at_rest();
  };
  const auto settle = [](Client&, Enroller& enroller) {
    enroller.wait_until_at_rest();
    enroller.require_no_orphan();
  };
  Operation made = operation("cancel job", prepare, [](Client&, Enroller& enroller) { enroller.cancel(); }, {});
  made.settle = as_enroller(std::make_shared<Enroller::Requests>(), settle);
  return made;
}

}  // namespace

const std::vector<Operation>& enrolment_operations() {
  static const std::vector<Operation> all{self_signed(), local_ca(),      external(), enrolment(),
                                          renewal(),     first_contact(), start(),    cancellation()};
  return all;
}

}  // namespace edgeseal::crash
