"""VCF as it should be, and as it comes."""

from __future__ import annotations

import gzip
import json
import zlib
from io import BytesIO, StringIO
from struct import pack

import pytest
import vcfpy
from hypothesis import given
from hypothesis import strategies as st

from twinlake.declare.source import Feed
from twinlake.engine.wire import Fault, FileFault, Record, records_of
from twinlake.engine.wire.text import open_plain
from twinlake.engine.wire.vcf import BGZF_END, as_json, chromosome, read

FEED = Feed(name="calls", files=r".*\.vcf", wire="vcf", schema="sample string", delivery="increment")
META = """##fileformat=VCFv4.2
##fileDate=20260102
##reference=GRCh38
##contig=<ID=chr10,length=133797422>
##FILTER=<ID=q10,Description="Quality below 10">
##INFO=<ID=END,Number=1,Type=Integer,Description="Last base">
##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">
##FORMAT=<ID=PS,Number=1,Type=Integer,Description="Phase set">
##FORMAT=<ID=FT,Number=.,Type=String,Description="Filters of the call">
"""
COLUMNS = "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT"
FIRST = "chr10\t100\trs1\tA\tG\t50\tPASS\t.\tGT"


def vcf(*lines: str, samples: str = "S1", meta: str = META) -> bytes:
    return (meta + "\n".join([f"{COLUMNS}\t{samples}", *lines]) + "\n").encode()


def records(data: bytes) -> list[Record | Fault]:
    return list(read(BytesIO(data), FEED))


def call(line: str) -> dict:
    (found,) = records(vcf(line))
    assert isinstance(found, Record), found
    return json.loads(as_json(found.raw))


def refusal(data: bytes) -> str:
    with pytest.raises(FileFault) as found:
        records(data)
    assert "S1" not in found.value.reason
    return found.value.rule


def test_a_record_is_the_line_of_one_sample_under_the_header_that_names_it():
    first, second = records(vcf(f"{FIRST}\t0/1\t1/1", samples="S1\tS2"))
    assert first == Record(
        0, f"##fileDate=20260102\n{COLUMNS}\tS1\n{FIRST}\t0/1", "S1\x1fchr10\x1f100\x1fA\x1fG", "S1", "20260102"
    )
    assert (second.offset, second.person, second.raw.endswith("\t1/1")) == (1, "S2", True)


@pytest.mark.parametrize("name", ["PharmCAT", "SAMPLE", "default", "Sample", "NA"])
def test_a_sample_whose_name_is_a_placeholder_is_of_its_file_alone(name):
    """Two files of two persons, both of a sample `PharmCAT`, were one person's."""
    data = vcf(f"{FIRST}\t0/1\t1/1", samples=f"{name}\tS2")
    paths = ("h/genotype/run1/a.vcf", "h/genotype/2026-01-05/run1/b.g.vcf.bgz.gz", "h/genotype/2026-02-05/run1/b.vcf")
    told = [list(records_of(BytesIO(data), FEED, path)) for path in paths]
    a, b = f"run1/a:{name}", f"run1/b:{name}"
    assert [record.person for each in told for record in each] == [a, "S2", b, "S2", b, "S2"]
    assert len({record.key for each in told for record in each}) == 3
    assert json.loads(as_json(told[0][0].raw))["sample"] == a
    # A record that is read by itself, as a mended one is, has the same name.
    above, line = META, told[0][0].raw.partition("#CHROM")
    (alone,) = records((above + "".join(line[1:])).encode())
    assert (alone.person, alone.key) == (a, told[0][0].key)


def test_a_sample_with_a_name_is_the_same_in_every_file():
    paths = ("h/genotype/a.vcf", "h/genotype/b.vcf")
    found = [
        record for path in paths for record in records_of(BytesIO(vcf(f"{FIRST}\t0/1", samples="NA12878")), FEED, path)
    ]
    assert {(record.person, record.key) for record in found} == {("NA12878", "NA12878\x1fchr10\x1f100\x1fA\x1fG")}


def test_the_call_is_written_out():
    assert call("chr10\t100\trs1\ta\tG,<*>\t50\tq10\tEND=200\tGT:PS:FT\t1|0:7:lowGQ") == {
        "sample": "S1", "written": "20260102", "chromosome": "chr10", "position": 100, "end_position": 200,
        "variant_id": "rs1", "reference": "A", "alternates": ["G", "<*>"], "filter": "q10", "genotype_filter": "lowGQ",
        "genotype": "1|0", "alleles": ["G", "A"], "is_phased": True, "phase_set": "7",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("genotype", "alleles", "phased"),
    [
        ("0/1", ["A", "G"], False),
        ("0|1", ["A", "G"], True),
        ("./.", [None, None], False),
        (".", [None], False),
        (".|1", [None, "G"], True),
        ("1", ["G"], False),
        ("0/0/1", ["A", "A", "G"], False),
        ("|0|1", ["A", "G"], True),
        ("0/1:12", ["A", "G"], False),
    ],
)
def test_genotypes_of_every_form_are_read(genotype, alleles, phased):
    found = call(FIRST + (":DP" if ":" in genotype else "") + f"\t{genotype}")
    assert (found["alleles"], found["is_phased"]) == (alleles, phased)


@pytest.mark.parametrize(
    ("described", "said", "alleles"),
    [
        ("GT:DP:GQ:MIN_DP:PL", "0/0:0:0:0:0,0,0", [None, None]),
        ("GT:DP", "0/0:0", [None, None]),
        ("GT:GQ:DP", "0/0:0:12", [None, None]),
        ("GT:GQ", "0/0:0.0", [None, None]),
        ("GT:DP:MIN_DP", "0/0:4:0", [None, None]),
        ("GT:DP:MIN_DP", "0/0:0:.", [None, None]),
        ("GT:DP:MIN_DP", "0/0:0:4", ["A", "A"]),
        ("GT:DP:GQ", "0/0:10:20", ["A", "A"]),
        ("GT:DP:GQ", "0/0:.:.", ["A", "A"]),
        ("GT:DP:GQ", "0/1:0:0", ["A", "G"]),
    ],
)
def test_a_reference_call_that_rests_on_no_read_is_none(described, said, alleles):
    assert call(f"chr10\t100\t.\tA\tG\t.\t.\t.\t{described}\t{said}")["alleles"] == alleles


def test_a_line_without_genotypes_is_a_record_without_a_call():
    found = call("chr10\t100\t.\tA\tG\t.\t.\t.\tDP\t12")
    assert (found["genotype"], found["alleles"], found["filter"], found["variant_id"]) == (None, [None], None, None)


def test_a_block_and_a_deletion_end_where_they_say():
    assert call("chr10\t100\t.\tA\t<NON_REF>\t.\t.\tDP=3;END=250\tGT\t0/0")["end_position"] == 250
    assert call("chr10\t100\t.\tACGT\tA\t.\t.\t.\tGT\t0/1")["end_position"] == 103


@pytest.mark.parametrize(
    ("name", "expected"),
    [("10", "chr10"), ("chr10", "chr10"), ("CHR10", "chr10"), ("x", "chrX"), ("MT", "chrM"), ("NC_000010.11", "chr10"),
     ("NC_000024.10", "chrY"), ("HLA-A*01:01", "HLA-A*01:01"), ("chr10_KI270824v1_alt", "chr10_KI270824v1_alt")],
)  # fmt: skip
def test_a_chromosome_has_one_name(name, expected):
    assert chromosome(name) == expected


def test_the_key_does_not_depend_on_how_a_chromosome_or_a_base_is_spelt():
    keys = {records(vcf(line))[0].key for line in (f"{FIRST}\t0/1", "10\t0100\t.\ta\tg\t.\t.\t.\tGT\t1/1")}
    assert len(keys) == 1
    assert len({r.key for r in records(vcf(f"{FIRST}\t0/1\t0/1", samples="S1\ts1"))}) == 2


def test_a_second_line_of_the_same_alleles_is_a_record_of_its_own():
    first, second, third = records(vcf(f"{FIRST}\t0/1", f"{FIRST}\t1/1", FIRST.replace("100", "101") + "\t0/1"))
    assert len({first.key, second.key, third.key}) == 3


def test_without_a_date_a_file_has_no_version():
    assert records(vcf(f"{FIRST}\t0/1", meta=META.replace("##fileDate=20260102\n", "")))[0].version is None
    dated = META.replace("20260102", "2026-01-02T10:11:12.5-07:00")
    assert records(vcf(f"{FIRST}\t0/1", meta=dated))[0].version == "20260102"


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b""])
def test_line_ends_blank_lines_and_a_mark_are_no_part_of_a_record(end):
    data = b"\xef\xbb\xbf" + vcf(f"{FIRST}\t0/1").rstrip(b"\n").replace(b"\n", end or b"\n") + end + end
    (found,) = records(data)
    assert found.raw.endswith("\t0/1")


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        ("chr10\t100\trs1\tA\tG\t50\tPASS\t.\tGT", "field_count"),
        (f"{FIRST}\t0/1\t0/1", "field_count"),
        (f"{FIRST}\t0/1".replace("\t", " "), "field_count"),
        (f"{FIRST}\t0/1".replace("100", "-1"), "bad_position"),
        (f"{FIRST}\t0/1".replace("100", "1e3"), "bad_position"),
        (f"{FIRST}\t0/1".replace("100", "9" * 40), "bad_position"),
        (f"\t{FIRST[6:]}\t0/1", "bad_position"),
        ("chr10\t100\t.\tA\tG\t.\t.\tEND=50\tGT\t0/1", "bad_position"),
        ("chr10\t100\t.\t.\tG\t.\t.\t.\tGT\t0/1", "bad_allele"),
        ("chr10\t100\t.\tA\tdelA\t.\t.\t.\tGT\t0/1", "bad_allele"),
        ("chr10\t100\t.\tA\tG,\t.\t.\t.\tGT\t0/1", "bad_allele"),
        ("chr10\t100\t.\tA\t(TA)6\t.\t.\t.\tGT\t0/1", "bad_allele"),
        ("NC_000010.10\t100\t.\tA\tG\t.\t.\t.\tGT\t0/1", "wrong_build"),
        (f"{FIRST}\t0/2", "bad_genotype"),
        (f"{FIRST}\tA/G", "bad_genotype"),
        (f"{FIRST}\t0\\1", "bad_genotype"),
        (f"{FIRST}\t0/1:3", "bad_genotype"),
        (f"{FIRST}\t", "bad_genotype"),
        (f"{FIRST}\t{'0/' * 5000}1", "bad_genotype"),
        (f"{FIRST}\t0/1\x00", "nul_byte"),
    ],
)
def test_a_broken_line_is_kept_whole_and_the_rest_of_the_file_lands(line, rule):
    before, fault, after = records(vcf(f"{FIRST}\t0/1", line, FIRST.replace("100", "300") + "\t1/1"))
    assert isinstance(before, Record) and isinstance(after, Record)
    assert isinstance(fault, Fault) and fault.rule == rule
    assert fault.raw.endswith(line.replace("\x00", "\\x00"))


def test_a_sample_that_cannot_be_read_costs_its_own_call_only():
    found = records(vcf(f"{FIRST}\t0/1\t0/9\t1/1", samples="S1\tS2\tS3"))
    assert [type(item).__name__ for item in found] == ["Record", "Fault", "Record"]
    assert [item.offset for item in found] == [0, 1, 2]


def test_bytes_that_are_no_text_cost_their_line():
    data = vcf(f"{FIRST}\t0/1", FIRST.replace("rs1", "@@") + "\t0/1").replace(b"@@", b"\xff")
    first, second = records(data)
    assert isinstance(first, Record) and (second.rule, "\\xff" in second.raw) == ("not_utf8", True)


@pytest.mark.parametrize(
    "alternate",
    ["G", "AT,C", "*", "<DEL>", "<DUP:TANDEM>", "<*>", "<NON_REF>", "A[chr2:321682[", "]13:123456]A", ".TG", "N"],
)
def test_every_kind_of_alternate_is_an_allele(alternate):
    assert call(f"chr10\t100\t.\tA\t{alternate}\t.\t.\t.\tGT\t0/1")["alternates"] == alternate.split(",")


@pytest.mark.parametrize(
    ("meta", "rule"),
    [
        ("", "not_vcf"),
        ("##fileformat=VCFv3.3\n##reference=GRCh38\n", "wrong_version"),
        ("##fileformat=BCFv2\n", "not_vcf"),
        ("##fileformat=VCFv4.2\n", "unknown_build"),
        ("##fileformat=VCFv4.2\n##reference=hg19\n", "wrong_build"),
        ("##fileformat=VCFv4.2\n##reference=file:///seq/references/human_g1k_v37.fasta\n", "wrong_build"),
        ("##fileformat=VCFv4.2\n##reference=1000GenomesPilot-NCBI36\n", "wrong_build"),
        ("##fileformat=VCFv4.2\n##reference=GRCh38\n##contig=<ID=chr1,length=249250621>\n", "wrong_build"),
        ("##fileformat=VCFv4.2\n##contig=<ID=1,assembly=b37,length=249250621>\n", "wrong_build"),
        ("##fileformat=VCFv4.2\n##contig=<ID=NC_000001.10>\n", "wrong_build"),
        ("##fileformat=VCFv4.2\n##contig=<ID=chr1,length=248387328,assembly=T2T-CHM13v2.0>\n", "wrong_build"),
    ],
)
def test_another_format_or_another_build_is_refused(meta, rule):
    assert refusal(vcf(f"{FIRST}\t0/1", meta=meta)) == rule


@pytest.mark.parametrize(
    "meta",
    [
        "##reference=hg38\n",
        "##reference=file:/data/GCA_000001405.15_GRCh38_no_alt_analysis_set.fasta\n",
        '##contig=<ID=chr1,assembly=GRCh38.p13,species="Homo sapiens">\n',
        "##contig=<ID=1,length=248956422>\n",
        "##contig=<ID=NC_000001.11>\n",
        '##reference=GRCh38\n##GATKCommandLine=<ID=x,CommandLine="--dbsnp dbsnp_b37.vcf">\n##contig=<ID=hs38d1>\n',
    ],
)
def test_grch38_is_known_by_its_name_its_lengths_or_its_accessions(meta):
    assert isinstance(records(vcf(f"{FIRST}\t0/1", meta="##fileformat=VCFv4.3\n" + meta))[0], Record)


@pytest.mark.parametrize(
    ("head", "rule"),
    [
        (COLUMNS.removesuffix("\tFORMAT"), "no_sample"),
        (COLUMNS, "no_sample"),
        (f"{COLUMNS}\tS1\tS1", "wrong_header"),
        (f"{COLUMNS}\t ", "wrong_header"),
        (COLUMNS.replace("\t", " ") + " S1", "wrong_header"),
        (COLUMNS.replace("REF\tALT", "ALT\tREF") + "\tS1", "wrong_header"),
        (f"{FIRST}\t0/1", "wrong_header"),
    ],
)
def test_a_file_whose_columns_or_samples_are_not_told_is_refused(head, rule):
    assert refusal((META + head + "\n").encode()) == rule


def test_a_file_that_ends_in_its_header_is_refused():
    assert refusal(META.encode()) == "wrong_header"
    assert refusal(b"") == "not_vcf"
    assert refusal(META.encode().replace(b"Genotype", b"\xff")) == "not_utf8"


def blocked(data: bytes, size: int = 200) -> bytes:
    """As bgzip writes it: gzip members that tell their length, and an empty one at the end."""
    out = b""
    for start in range(0, len(data), size):
        part = data[start : start + size]
        squeeze = zlib.compressobj(9, zlib.DEFLATED, -15)
        body = squeeze.compress(part) + squeeze.flush()
        head = b"\x1f\x8b\x08\x04\0\0\0\0\0\xff\x06\0BC\x02\0" + pack("<H", len(body) + 25)
        out += head + body + pack("<II", zlib.crc32(part), len(part))
    return out + BGZF_END


@pytest.mark.parametrize("squeeze", [lambda data: data, gzip.compress, blocked])
def test_plain_gzip_and_bgzip_are_the_same(tmp_path, squeeze):
    data = vcf(f"{FIRST}\t0/1", FIRST.replace("100", "200") + "\t1/1")
    path = tmp_path / "a.vcf"
    path.write_bytes(squeeze(data))
    with open_plain(path) as stream:
        assert list(read(stream, FEED)) == records(data)


def test_a_bgzip_file_cut_between_its_blocks_is_refused_though_gzip_reads_it(tmp_path):
    whole = blocked(vcf(*(FIRST.replace("100", str(n)) + "\t0/1" for n in range(100, 150))))
    cut = whole[: whole.rindex(b"\x1f\x8b\x08\x04", 0, len(whole) - len(BGZF_END) - 1)]
    assert gzip.decompress(cut)
    path = tmp_path / "a.vcf.gz"
    path.write_bytes(cut)
    with open_plain(path) as stream, pytest.raises(FileFault) as found:
        list(read(stream, FEED))
    assert found.value.rule == "damaged_gzip"


def test_a_cut_gzip_file_is_refused(tmp_path):
    path = tmp_path / "a.vcf.gz"
    path.write_bytes(gzip.compress(vcf(f"{FIRST}\t0/1"))[:-12])
    with open_plain(path) as stream, pytest.raises(FileFault):
        list(read(stream, FEED))


BASES = st.text("ACGT", min_size=1, max_size=4)


@st.composite
def drawn_lines(draw) -> str:
    """A line that the specification allows, for two samples."""
    reference = draw(BASES)
    alternates = draw(st.lists(st.one_of(BASES, st.sampled_from(["<DEL>", "*", "<NON_REF>"])), max_size=3, unique=True))
    number = st.one_of(st.just("."), st.integers(0, len(alternates)).map(str))
    genotypes = [draw(st.sampled_from("/|")).join(draw(st.lists(number, min_size=1, max_size=3))) for _ in "ab"]
    filters = draw(st.sampled_from([".", "PASS", "q10"]))
    position = draw(st.integers(1, 10**8))
    return "\t".join(
        ("chr10", str(position), ".", reference, ",".join(alternates) or ".", ".", filters, ".", "GT", *genotypes)
    )


@pytest.mark.filterwarnings("ignore")
@given(st.lists(drawn_lines(), min_size=1, max_size=6))
def test_vcfpy_reads_the_same_calls(drawn):
    data = vcf(*drawn, samples="S1\tS2")
    told = ("chromosome", "position", "reference", "alternates", "sample", "alleles")
    ours = [tuple(json.loads(as_json(r.raw))[name] for name in told) for r in records(data)]
    theirs = [
        (line.CHROM, line.POS, line.REF, [a.serialize() for a in line.ALT], one.sample,
         [None if n is None else [line.REF, *(a.serialize() for a in line.ALT)][n] for n in one.gt_alleles or [None]])
        for line in vcfpy.Reader.from_stream(StringIO(data.decode()))
        for one in line.calls
    ]  # fmt: skip
    assert ours == theirs


@given(st.lists(st.tuples(st.floats(0, 1), st.integers(0, 5), st.binary(max_size=4)), max_size=4))
def test_whatever_is_changed_a_record_can_be_read_and_a_fault_is_kept(changes):
    data = vcf(*(FIRST.replace("100", str(n)) + "\t0/1\t./." for n in range(100, 106)), samples="S1\tS2")
    for place, out, put in changes:
        at = int(place * len(data))
        data = data[:at] + put + data[at + out :]
    try:
        found = records(data)
    except FileFault:
        return
    assert [item.offset for item in found] == list(range(len(found)))
    assert all(json.loads(as_json(item.raw))["sample"] == item.person for item in found if isinstance(item, Record))
