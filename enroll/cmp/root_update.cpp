#include "enroll/cmp/root_update.h"

#include <fmt/format.h>

#include "enroll/certificate_path.h"
#include "enroll/cmp/der_fields.h"
#include "enroll/trust_anchors.h"

namespace edgeseal::enroll::cmp {
namespace {

Certificate certificate_in(const DerReader::Element& element) {
  Certificate certificate = parse_certificate(element.whole);
  if (!certificate) throw MalformedDer();
  return certificate;
}

Certificate optional_certificate(DerReader& reader, int tag) {
  const auto tagged = next_tagged(reader, tag);
  return tagged ? certificate_in(only_element(*tagged)) : Certificate();
}

[[noreturn]] void refuse(const Certificate& root, const std::string& reason) {
  throw Error(ErrorClass::rollover,
              fmt::format("the new root {} is not taken, the old one stays: {}", subject_of(root), reason));
}

// `link` has the name and key of `linked`, and `by` signed it.
bool is_link(const Certificate& link, const Certificate& linked, const Certificate& by, const Clock& clock) {
  return link && same_name_and_key(link, linked) && find_path({link, {by}, {}, {}}, clock).good();
}

}  // namespace

// RootCaKeyUpdateContent ::= SEQUENCE { newWithNew, newWithOld [0] OPTIONAL, oldWithNew [1] OPTIONAL }
RootUpdate parse_root_update(ByteView der) {
  DerReader whole(der);
  DerReader reader = whole.sequence();
  whole.finish();
  RootUpdate update;
  update.new_with_new = certificate_in(reader.next());
  update.new_with_old = optional_certificate(reader, 0);
  update.old_with_new = optional_certificate(reader, 1);
  reader.finish();
  return update;
}

void require_linked(const RootUpdate& update, const Certificate& current_root, const Clock& clock) {
  const Certificate& root = update.new_with_new;
  if (!is_ca(root) || !is_self_signed(root)) refuse(root, "it is no self-signed CA certificate");
  if (const PathAnswer path = find_path({root, {root}, {}, {}}, clock); !path.good()) refuse(root, path.reason());
  if (!is_link(update.new_with_old, root, current_root, clock))
    refuse(root, "its certificate by the old key (newWithOld) is missing or not by that key");
  if (update.old_with_new && !is_link(update.old_with_new, current_root, root, clock))
    refuse(root, "the certificate of the old root by the new key (oldWithNew) is not by that key");
}

}  // namespace edgeseal::enroll::cmp
