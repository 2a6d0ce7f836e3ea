"""What devices send at their own rate, and where signals and images lie whose samples and pixels stay in files."""

from __future__ import annotations

from twinlake.vocabulary.field import Field

READING_TYPES = ("value", "interval", "signal", "beat", "mark")

PAGE = (
    Field("device_reading_id", "bigint", "One reading, signal or mark of a device"),
    Field(
        "device_reading_type", "string",
        "What the row is: a value at a moment, one of an interval, a signal whose samples stay in a file, a beat, or "
        "another mark on a recording",
        categories=READING_TYPES,
    ),
    Field("device_source_value", "string", "The device, or who marked the recording, as the system calls it"),
    Field("device_reading_datetime", "timestamp", "When the reading was true or the interval or signal began, UTC"),
    Field("device_reading_end_datetime", "timestamp", "End of the interval or signal, UTC; null for a moment"),
    Field("recording_source_id", "string", "What the system calls the recording that the row is a part of"),
    Field("recording_seconds", "double", "Seconds from the start of the recording", unit="s", minimum=0),
    Field("signal_number", "int", "Place of the signal among those of its recording, from 0", minimum=0),
    Field("signal_format", "string", "How samples are packed in the file: a WFDB format (212, 16 ...)"),
    Field("signal_frequency_hz", "double", "Samples of the signal in a second", unit="Hz", minimum=0),
    Field("signal_gain", "double", "Steps of the converter in one unit of the signal; null if it is not calibrated"),
    Field("signal_baseline", "bigint", "The converter's value that means zero"),
    Field("sample_count", "bigint", "Samples of the signal in the file", minimum=0),
    Field("file_path", "string", "The file that holds the samples or pixels, below the feeds root"),
    Field("file_sha256", "string", "SHA-256 of that file's content, unzipped; null until it is delivered"),
    Field("file_bytes", "bigint", "Length of that file's content, unzipped", unit="By", minimum=0),
    Field("file_bytes_needed", "bigint", "Length that the file must have for all announced samples", unit="By"),
    Field("imaging_study_id", "bigint", "One image or other instance of an imaging study"),
    Field("study_uid", "string", "DICOM Study Instance UID: one examination, however many series"),
    Field("series_uid", "string", "DICOM Series Instance UID: one run of one modality within a study"),
    Field("instance_uid", "string", "DICOM SOP Instance UID: one image, report, plan or waveform"),
    Field("sop_class_uid", "string", "What kind of instance it is, a UID of DICOM PS3.4"),
    Field("transfer_syntax_uid", "string", "How the file is encoded and its pixels compressed, a UID of DICOM PS3.5"),
    Field("modality_source_value", "string", "Modality as the device wrote it (CT, MR, US ..., PS3.3 C.7.3.1.1.1)"),
    Field("body_site_source_value", "string", "Part of the body as the device wrote it"),
    Field("study_date", "date", "Day of the study as it was written"),
    Field("study_datetime", "timestamp", "Start of the study, UTC; null where only its day is known"),
    Field("series_number", "bigint", "Number of the series within its study"),
    Field("instance_number", "bigint", "Number of the instance within its series"),
    Field("frame_count", "bigint", "Images in the instance; null where it holds none", minimum=1),
    Field("pixel_row_count", "int", "Rows of an image", minimum=1),
    Field("pixel_column_count", "int", "Columns of an image", minimum=1),
    Field("pixel_bit_count", "int", "Bits that one sample of a pixel takes", minimum=1),
    Field("photometric_source_value", "string", "What pixel values mean (MONOCHROME2, RGB ..., PS3.3 C.7.6.3.1.2)"),
    Field("pixel_offset_bytes", "bigint", "First byte of the pixels in the file; null if they have none", unit="By"),
    Field("pixel_bytes", "bigint", "Length of the pixels in the file, as encoded", unit="By", minimum=0),
)  # fmt: skip
