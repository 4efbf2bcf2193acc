#include "executor/layout.h"

#include <algorithm>

namespace mx {
namespace {

constexpr int kNone = -1;

class LayoutPass {
 public:
  LayoutPass(std::vector<Work>& work, Entries& entries)
      : work_(work),
        entries_(entries),
        formats_(entries.shapes.size(), Format::kPlain),
        copies_(entries.shapes.size(), kNone) {}

  void run() {
    std::vector<Work> all;
    all.swap(work_);
    for (Work& work : all) place(std::move(work));
  }

 private:
  // Arrays that may lie channels-last: oneDNN's dtypes, one to three spatial axes.
  bool possible(int entry) const {
    const int ndim = entries_.shapes[entry].ndim;
    const DType dtype = entries_.dtypes[entry];
    return ndim >= 3 && ndim <= 5 && (dtype == DType::kFloat32 || is_half(dtype)) && !entries_.rewritten[entry];
  }
  // Both formats are the same: there is one channel, one position, or nothing at all.
  bool neutral(int entry) const {
    const Shape& shape = entries_.shapes[entry];
    return shape.size() == 0 || shape[1] == 1 || shape.size(2, shape.ndim) == 1;
  }
  bool lies_last(int entry) const { return formats_[entry] == Format::kChannelsLast && !neutral(entry); }

  static bool listed(const std::vector<int>& list, size_t i) {
    return std::find_if(list.begin(), list.end(),
                        [i](int k) { return k == OpDef::kAll || k == static_cast<int>(i); }) != list.end();
  }

  // Which inputs and outputs of the step shall lie channels-last; false where it stays plain.
  bool choose(const Work& work, std::vector<bool>& in, std::vector<bool>& out) const {
    const OpDef& op = *work.op;
    in.assign(work.in.size(), false);
    out.assign(work.out.size(), false);
    if (!op.elementwise_format && op.last_inputs.empty() && op.last_outputs.empty()) return false;
    for (size_t i = 0; i < in.size(); ++i)
      in[i] = work.reads(i) && (op.elementwise_format || listed(op.last_inputs, i));
    for (size_t o = 0; o < out.size(); ++o) out[o] = op.elementwise_format || listed(op.last_outputs, o);
    int first = kNone;
    bool any = false;
    for (size_t i = 0; i < in.size(); ++i) {
      if (!in[i]) continue;
      if (!possible(work.in[i])) return false;
      if (first == kNone) first = work.in[i];
      any = any || lies_last(work.in[i]);
    }
    for (size_t o = 0; o < out.size(); ++o)
      if (out[o] && !possible(work.out[o])) return false;
    if (first == kNone || (!any && !op.prefers_last)) return false;
    const Shape& shape = entries_.shapes[first];
    if (op.elementwise_format) {
      const auto same = [&](int entry) { return entries_.shapes[entry] == shape; };
      return std::all_of(work.in.begin(), work.in.end(), same) && std::all_of(work.out.begin(), work.out.end(), same);
    }
    return !op.last_suits || op.last_suits(work.params.data(), shape);
  }

  void place(Work work) {
    std::vector<bool> in, out;
    if (!choose(work, in, out)) in.assign(work.in.size(), false), out.assign(work.out.size(), false);
    const auto format = [](bool last) { return last ? Format::kChannelsLast : Format::kPlain; };
    for (size_t i = 0; i < in.size(); ++i) {
      if (work.reads(i)) work.in[i] = in_format(work.in[i], format(in[i]), work);
      work.in_formats.push_back(format(in[i]));
    }
    std::vector<Work> after;
    for (size_t o = 0; o < out.size(); ++o) {
      const int entry = work.out[o];
      work.out_formats.push_back(format(out[o]));
      if (!out[o] || neutral(entry)) continue;
      if (!entries_.arrays[entry]) {
        formats_[entry] = Format::kChannelsLast;
        continue;
      }
      // A bound array is plain: the step writes beside it, and what follows reads what lies there.
      const int beside = work.out[o] = add_copy(entry, Format::kChannelsLast);
      after.push_back(reorder(beside, entry, work));
    }
    work_.push_back(std::move(work));
    for (Work& next : after) work_.push_back(std::move(next));
  }

  // The entry, or its copy, in the wanted format.
  int in_format(int entry, Format wanted, const Work& user) {
    if (formats_[entry] == wanted || neutral(entry)) return entry;
    if (copies_[entry] != kNone) return copies_[entry];
    const int copy = add_copy(entry, wanted);
    work_.push_back(reorder(entry, copy, user));
    return copy;
  }

  int add_copy(int entry, Format format) {
    const int copy = entries_.add(Shape(entries_.shapes[entry]), entries_.dtypes[entry], entries_.devices[entry]);
    formats_.push_back(format);
    copies_.push_back(entry);
    copies_[entry] = copy;
    return copy;
  }

  Work reorder(int from, int to, const Work& user) const {
    static const OpDef& op = get_op("_reorder");
    auto node = make_ref<Node>();
    node->op = &op, node->params = Params::parse(op.param_struct(), {}, op.name), node->name = user.node->name;
    return {node, &op, node->params, {from}, {to}, user.backward, true, {formats_[from]}, {formats_[to]}, user.device};
  }

  std::vector<Work>& work_;
  Entries& entries_;
  std::vector<Format> formats_;  // of every entry, at home
  std::vector<int> copies_;      // the same values in the other format
};

}  // namespace

void choose_layouts(std::vector<Work>& work, Entries& entries) { LayoutPass(work, entries).run(); }

}  // namespace mx
