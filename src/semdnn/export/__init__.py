"""Networks for other programs: ONNX files and model folders in Hugging Face's layout."""
